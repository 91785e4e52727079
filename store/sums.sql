-- How far the coarse sums reach: hours of rollups (width 3600), days of person_rollups (width 86400). What starts
-- later stands in the minutes and the hours alone, as yet: it is added minutes later, many rows at a time.
CREATE TABLE coarse_sums (
    width_s INTEGER PRIMARY KEY,
    until_s INTEGER NOT NULL                -- Unix seconds: a whole minute, a whole hour
);
INSERT INTO coarse_sums
    SELECT 3600, max(coalesce(max(start_s) + 3600, 0), unixepoch() / 60 * 60) FROM rollups WHERE width_s = 3600;
INSERT INTO coarse_sums
    SELECT 86400, max(coalesce(max(start_s) + 86400, 0), unixepoch() / 3600 * 3600)
    FROM person_rollups WHERE width_s = 86400;
