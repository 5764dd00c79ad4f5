//! `c3import resume` and `c3import retry`: a later session of a run, from what its directory remembers.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Parser;

use super::import::{Job, import};
use super::session::journal_failure;
use super::{Exit, Failure, Failures};
use crate::cli::{Cli, Command, ImportArgs, ResumeArgs, RetryArgs, TypedFlags};
use crate::journal::{Journal, RunFacts};
use crate::pipeline::Errand;
use crate::ui::Terminal;

/// Goes on where the last session stopped.
pub fn resume(terminal: &Terminal, args: ResumeArgs) -> Result<Exit, Failures> {
    let (mut import_args, job) = remembered(&args.run_dir, "resume", Errand::go_on())?;
    import_args.server.destination.token = args.token;
    import(terminal, &import_args, job)
}

/// Sends rows again that did not land.
pub fn retry(terminal: &Terminal, args: RetryArgs) -> Result<Exit, Failures> {
    let errand = Errand { again: args.again(), unsent: "not sent: --only names other rows".to_owned() };
    let (mut import_args, job) = remembered(&args.run_dir, "retry", errand)?;
    import_args.server.destination.token = args.token;
    import(terminal, &import_args, Job { reopens: true, ..job })
}

/// The import as its first command had it.
fn remembered(run_dir: &Path, command: &'static str, errand: Errand) -> Result<(ImportArgs, Job), Failures> {
    let facts = facts(run_dir)?;
    let Some(destination) = &facts.destination else {
        let message = format!(
            "{} holds a rehearsal in the sandbox, which cannot go on: its server ended with the program",
            run_dir.display()
        );
        return Err(Failure::unusable(message).hint("import it anew; `c3import sandbox` runs one that lasts").into());
    };
    let to = [format!("--server={}", destination.server), format!("--workspace={}", destination.workspace)];
    let (import_args, flags) = retyped(run_dir, &facts, &to)?;
    let mapping = Some((PathBuf::from(&facts.mapping_name), facts.mapping.clone()));
    Ok((import_args, Job { command, errand, flags, mapping, reopens: false }))
}

/// What the run in a directory is.
pub fn facts(run_dir: &Path) -> Result<RunFacts, Failures> {
    let path = run_dir.join("journal.db");
    let none = || {
        let message = format!("{} holds no run: there is no journal.db in it", run_dir.display());
        Failure::unusable(message).hint("name the directory that an import has left, such as people.c3run")
    };
    if path.symlink_metadata().is_err() {
        return Err(none().into());
    }
    let journal = Journal::open(&path).map_err(|error| Failures::from(journal_failure(&error)))?;
    Ok(journal.ok_or_else(none)?.facts().clone())
}

/// The words of the import, and what they mean.
pub fn retyped(run_dir: &Path, facts: &RunFacts, to: &[String]) -> Result<(ImportArgs, TypedFlags), Failures> {
    let mut words: Vec<OsString> = ["c3import", "import"].map(OsString::from).to_vec();
    words.extend(facts.reading.iter().chain(&facts.words).chain(to).map(OsString::from));
    words.push(format!("--name-at={}", facts.name_at).into());
    words.push(format!("--mapping={}", facts.mapping_name).into());
    words.extend([OsString::from("--run-dir"), run_dir.into(), "--".into(), OsString::from(&facts.input)]);
    let flags = TypedFlags::of(words.iter().cloned());
    let said = |error: clap::Error| error.to_string().lines().next().unwrap_or_default().to_owned();
    match Cli::try_parse_from(words).map_err(said) {
        Ok(Cli { command: Command::Import(args), .. }) => Ok((*args, flags)),
        Ok(_) => Err(Failure::unusable(format!("{} holds no import", run_dir.display())).into()),
        Err(said) => {
            let message = format!("{} was begun with flags that this version does not take: {said}", run_dir.display());
            Err(Failure::unusable(message).hint(format!("c3import {} began it", facts.program)).into())
        }
    }
}
