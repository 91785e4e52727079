"""MLflow's tracking server, as far as tracing asks it: experiments, traces, their files, assessments."""
