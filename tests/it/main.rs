//! Everything that is tested from outside, in one binary: a file a command or theme, and the walls of the house.
//!
//! The stories run the built program against the sandbox, which listens on loopback on a port that the system chooses,
//! and pin exit code, standard output, standard error and results together.

mod support;

mod bad_input;
mod check;
mod check_report;
mod doctor;
mod faults_answers;
mod faults_doctor;
mod faults_journal;
mod faults_lost;
mod faults_machine;
mod faults_qsv;
mod faults_run;
mod faults_stage;
mod faults_tls;
mod import_faults;
mod import_main;
mod inspect;
mod interrupt;
mod kill;
mod kill_points;
mod mapping;
mod merge_rows;
mod outputs;
mod preview;
mod readme;
mod reports;
mod results;
mod rooms;
mod rows;
mod same_path;
mod sandbox;
mod secrets;
mod sessions;
mod sheets;
mod simulation;
