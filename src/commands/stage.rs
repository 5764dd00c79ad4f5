//! What several commands need first: the table open, the mapping read and held against it.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::{Failure, Failures, no_mapping, which_sheet};
use crate::cli::SourceArgs;
use crate::mapping::{Diagnostic, Mapper, Mapping};
use crate::model::{Input, SourceOptions};
use crate::pipeline::Reopen;
use crate::source::{self, SourceError, Table};
use crate::ui::{Terminal, diagnostics};

/// A table and what its columns mean.
pub struct Stage {
    /// The rows.
    pub table: Table,
    /// What they mean.
    pub mapper: Mapper,
    /// How the mapping says the table is to be read.
    pub options: SourceOptions,
    /// The mapping's file.
    pub mapping: PathBuf,
    /// Its text.
    pub mapping_text: String,
}

impl Stage {
    /// Reads the mapping, opens the table, and holds one against the other.
    pub fn set(terminal: &Terminal, source: &SourceArgs, mapping: Option<&Path>) -> Result<Stage, Failures> {
        let path = no_mapping::given(source, mapping)?;
        Stage::set_with(terminal, source, path, read_mapping(path)?)
    }

    /// The same with a mapping whose text is known.
    pub fn set_with(terminal: &Terminal, source: &SourceArgs, path: &Path, text: String) -> Result<Stage, Failures> {
        let draw = |problems: Vec<Diagnostic>| {
            let drawn = diagnostics::render(&path.display().to_string(), &text, &problems, terminal.colour());
            Failures::from(Failure { drawn: true, ..Failure::unusable(drawn) })
        };
        let mapping = Mapping::parse(&text).map_err(draw)?;
        let table = open(source, mapping.source_options().clone())?;
        let mapper = mapping.compile(table.header()).map_err(|problems| {
            let (input, header) = (source.input(), table.header());
            let read_as = &table.shape().description;
            let mut hint = format!("the columns are those of {input} (row {}), read as {read_as}", header.row);
            if let Some(row) = table.header_suggestion() {
                hint.push_str(&format!("; row {row} looks like the header: --header-row {row}"));
            }
            if let Some(sheet) = which_sheet::hint(&table, &mapping) {
                hint.push_str(&format!("; {sheet}"));
            }
            Failures(draw(problems).0.into_iter().map(|failure| failure.hint(hint.clone())).collect())
        })?;
        which_sheet::settle(&source.input().to_string(), &table, &mapping)?;
        let options = mapping.source_options().clone();
        Ok(Stage { table, mapper, options, mapping: path.to_owned(), mapping_text: text })
    }
}

/// Opens the table that the command line names; what it leaves open comes from `fallback`.
pub fn open(args: &SourceArgs, fallback: SourceOptions) -> Result<Table, Failures> {
    source::open(&args.input(), &args.options().or(fallback)).map_err(|error| unreadable(&error).into())
}

/// How to open it again, for rows that go with others: these are found before anything is sent. What is in a pipe is gone
/// once it was read.
pub fn reopen(args: &SourceArgs, fallback: &SourceOptions) -> Result<Reopen, Failures> {
    let input = args.input();
    if !may_be_read_again(&input) {
        let message = format!("--merge-rows reads its input several times, and {input} can be read only once");
        return Err(Failure::unusable(message).hint("save it as a file first").into());
    }
    let options = args.options().or(fallback.clone());
    Ok(Reopen(Box::new(move || source::open(&input, &options))))
}

/// How many rows a file has, by reading it once more as fast as reading goes. What can be read only once is not.
pub fn count_rows(args: &SourceArgs, fallback: SourceOptions) -> Option<u64> {
    if !may_be_read_again(&args.input()) {
        return None;
    }
    Some(open(args, fallback).ok()?.read(&mut |_| ControlFlow::Continue(())).ok()?.rows)
}

/// Whether a second look finds the same: a pipe with a name is as empty afterwards as standard input.
fn may_be_read_again(input: &Input) -> bool {
    match input {
        Input::Stdin => false,
        Input::File(path) => fs::metadata(path).is_ok_and(|metadata| metadata.is_file()),
    }
}

/// A table that cannot be read.
pub fn unreadable(error: &SourceError) -> Failure {
    Failure { hint: error.hint(), ..Failure::unusable(error.to_string()) }
}

/// Where the results of an input go unless something else is said: `people.csv` → `people.c3run`, where the command
/// was started.
pub fn default_run_dir(input: &Input) -> PathBuf {
    let stem = match input {
        Input::File(path) => path.file_stem().map(PathBuf::from).unwrap_or_else(|| PathBuf::from("input")),
        Input::Stdin => PathBuf::from("stdin"),
    };
    let mut name = stem.into_os_string();
    name.push(".c3run");
    PathBuf::from(name)
}

/// A mapping file's text.
pub fn read_mapping(path: &Path) -> Result<String, Failures> {
    let bytes = fs::read(path).map_err(|error| {
        let message = format!("the mapping {} cannot be read: {}", path.display(), error);
        Failure::unusable(message)
            .hint("c3import guess FILE -o MAPPING proposes one; c3import mapping shipped lists those that come along")
    })?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let line =
            1 + error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|&&byte| byte == b'\n').count();
        let message = format!("the mapping {} is not UTF-8 text (line {line})", path.display());
        Failure::unusable(message).hint("save it as UTF-8")
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_file_is_read_twice() {
        let file = tempfile::NamedTempFile::new().expect("a place for a file");
        assert!(may_be_read_again(&Input::File(file.path().to_owned())));
        // A device is no file, and neither is a pipe.
        assert!(!may_be_read_again(&Input::File(PathBuf::from("/dev/null"))));
        assert!(!may_be_read_again(&Input::File(PathBuf::from("nowhere.csv"))));
        assert!(!may_be_read_again(&Input::Stdin));
    }
}
