//! Everything that is tested from outside, in one binary: a file a command or theme, and the walls of the house.

mod rooms;
