//! Reports that were asked for by name: begun before anything is sent, finished when all is known.

use std::io;
use std::path::{Path, PathBuf};

use super::{Failure, Failures};
use crate::cli::{ReportPath, WatchArgs};
use crate::mapping::Mapper;
use crate::model::{Header, Input, TableShape, excerpt};
use crate::pipeline::{self, Report, SideFiles};
use crate::results::{Account, Documents, Remark, ResultsXlsx, SideFile, followed, html_page};
use crate::ui::RunView;

/// How many rows a page lists: more makes it slow, and nobody reads them.
const ROWS_LISTED_MAX: usize = 2_000;

/// How much of a column's name is said.
const NAME_CHARS_MAX: usize = 60;

/// Pages that are yet to be written; workbooks and documents are written row by row.
#[derive(Debug, Default)]
pub struct Reports {
    pages: Vec<SideFile>,
    mapping_words: Vec<(String, String)>,
}

/// What only the command knows of a run.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// The input, as it was named.
    pub input: &'a str,
    /// The table.
    pub shape: &'a TableShape,
    /// The mapping file, as it was named.
    pub mapping: &'a str,
    /// Where cards went.
    pub endpoint: Option<&'a str>,
    /// How many rows were looked at, when the rest was not.
    pub sample: Option<u64>,
    /// Why it ended early.
    pub stopped: Option<&'a str>,
    /// Everything worth saying.
    pub remarks: &'a [Remark],
    /// What an import will take.
    pub forecast: Option<&'a crate::model::Forecast>,
}

impl<'a> Frame<'a> {
    /// The same for the terminal, with what has been written.
    pub fn view(&self, report: &'a Report, results: Option<&'a Path>, reports: &'a [PathBuf]) -> RunView<'a> {
        RunView {
            input: self.input,
            read_as: &self.shape.description,
            report,
            remarks: self.remarks,
            sample: self.sample,
            stopped: self.stopped.map(str::to_owned),
            results,
            reports,
            sandbox_cards: None,
        }
    }
}

impl Reports {
    /// Begins everything that was asked for. `theirs` are files that must not be replaced by a report.
    pub fn begin(
        watch: &WatchArgs,
        documents: Option<&Path>,
        theirs: (&Input, &Path),
        header: &Header,
        shape: &TableShape,
        mapper: &Mapper,
    ) -> Result<(Reports, SideFiles), Failures> {
        let (mut reports, mut side) = (Reports::default(), SideFiles::default());
        let mut names: Vec<&Path> = vec![theirs.1];
        if let Input::File(path) = theirs.0 {
            names.push(path);
        }
        for path in watch.report.iter().map(ReportPath::path).chain(documents) {
            if let Some(other) = names.iter().find(|name| same_file(name, path)) {
                let message = format!("{} would be written over {}", path.display(), other.display());
                return Err(Failure::unusable(message).hint("choose another name").into());
            }
            names.push(path);
        }
        for report in &watch.report {
            match report {
                ReportPath::Html(path) => reports.pages.push(begun(path, SideFile::create(path))?),
                ReportPath::Xlsx(path) if side.sheet.is_some() => {
                    let message = format!("{}: one report as .xlsx is enough", path.display());
                    return Err(Failure::unusable(message).into());
                }
                ReportPath::Xlsx(path) => {
                    side.sheet = Some(Box::new(begun(path, ResultsXlsx::create(path, header, shape))?));
                }
            }
        }
        if let Some(path) = documents {
            side.documents = Some(begun(path, Documents::create(path))?);
        }
        if !reports.pages.is_empty() {
            reports.mapping_words = mapping_words(mapper, header);
        }
        Ok((reports, side))
    }

    /// Whether there is none.
    pub fn is_none(&self, side: &SideFiles) -> bool {
        self.pages.is_empty() && side.sheet.is_none()
    }

    /// How many rows must be kept whole for them.
    pub fn bad_rows_kept(&self) -> usize {
        if self.pages.is_empty() { 0 } else { ROWS_LISTED_MAX }
    }

    /// Finishes all of them; returns where they are, and what could not be written.
    pub fn finish(self, report: &mut Report, frame: &Frame<'_>) -> (Vec<PathBuf>, Vec<Failure>) {
        let SideFiles { documents, sheet } = std::mem::take(&mut report.side);
        let made = httpdate::fmt_http_date(pipeline::time_of_day());
        let account = Account {
            input: frame.input,
            read_as: &frame.shape.description,
            mapping: frame.mapping,
            mapping_words: &self.mapping_words,
            endpoint: frame.endpoint,
            sample: frame.sample,
            tally: report.tally,
            blank_lines: report.read.as_ref().map_or(0, |read| read.blank_lines),
            stopped: frame.stopped,
            remarks: frame.remarks,
            gathered: &report.findings,
            merges: report.merges.as_ref(),
            forecast: frame.forecast,
            timeline: &report.timeline,
            elapsed: report.elapsed,
            made: &made,
        };
        let (mut paths, mut failures) = (Vec::new(), Vec::new());
        let mut done = |path: PathBuf, written: io::Result<()>| match written {
            Ok(()) => paths.push(path),
            Err(error) => failures.push(Failure::machine(unwritable(&path, &error))),
        };
        for mut page in self.pages {
            let path = page.path().to_owned();
            let written = io::Write::write_all(page.writer(), html_page(&account).as_bytes());
            done(path, written.and_then(|()| page.finish()));
        }
        if let Some(sheet) = sheet {
            done(sheet.path().to_owned(), sheet.finish(&account));
        }
        if let Some(documents) = documents {
            done(documents.path().to_owned(), documents.finish());
        }
        (paths, failures)
    }
}

/// What happens to each column: its letters, and the sentence.
pub fn mapping_words(mapper: &Mapper, header: &Header) -> Vec<(String, String)> {
    let used = mapper.explain(header).into_iter().map(|told| {
        let letters: Vec<String> = told.columns.iter().map(|column| column.letters()).collect();
        (letters.join(" "), told.text)
    });
    let unused = mapper.unused().map(|column| {
        (column.letters(), format!("\"{}\" is not sent", excerpt(&header.label(column), NAME_CHARS_MAX)))
    });
    used.chain(unused).collect()
}

fn begun<T>(path: &Path, made: io::Result<T>) -> Result<T, Failure> {
    made.map_err(|error| {
        let message = unwritable(path, &error);
        // A folder that is not there was mistyped; what else can be is this machine's doing.
        let failure = match error.kind() {
            io::ErrorKind::NotFound => Failure::unusable(message),
            _ => Failure::machine(message),
        };
        failure.hint("nothing was sent; choose another place")
    })
}

fn unwritable(path: &Path, error: &io::Error) -> String {
    format!("{} cannot be written: {error}", path.display())
}

/// Whether two names are one file, also by way of links and `..`; of files that are not there yet, their folders count.
pub fn same_file(one: &Path, other: &Path) -> bool {
    let whole = |path: &Path| {
        let path = followed(path);
        path.canonicalize().ok().or_else(|| {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            Some(folder.canonicalize().ok()?.join(path.file_name()?))
        })
    };
    one == other || whole(one).is_some_and(|one| whole(other) == Some(one))
}
