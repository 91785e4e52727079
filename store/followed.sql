-- How far files have been read that are followed, by what the file system calls the file.
CREATE TABLE followed (
    file TEXT PRIMARY KEY,                  -- device:inode
    path TEXT NOT NULL,
    bytes INTEGER NOT NULL,                 -- read and committed, to the end of a line
    lines INTEGER NOT NULL,
    fingerprint TEXT NOT NULL               -- of what stood at the beginning and just before there
) WITHOUT ROWID;
