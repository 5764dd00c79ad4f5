//! `results.csv` as rows of named cells, `summary.json` as counts.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

/// The columns that a run adds, in their order (README, "Results").
pub fn added_columns() -> [&'static str; 8] {
    ["c3_row", "c3_status", "c3_id", "c3_http_status", "c3_attempts", "c3_code", "c3_column", "c3_error"]
}

/// The seven ways a row can end.
const STATUSES: [&str; 7] = ["stored", "unchanged", "invalid", "refused", "uncertain", "not_sent", "skipped"];

/// A table with a header, as it stands in the file.
#[derive(Debug)]
pub struct Results {
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Results {
    pub fn read(path: &Path) -> Results {
        let bytes = std::fs::read(path).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()));
        Results::parse(&bytes)
    }

    /// Takes a table apart, with the delimiter that its header row has more of.
    pub fn parse(bytes: &[u8]) -> Results {
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
        let first = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let count = |delimiter| first.iter().filter(|&&byte| byte == delimiter).count();
        let delimiter = if count(b';') > count(b',') { b';' } else { b',' };
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(bytes);
        let strings = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<_>>();
        let header = strings(reader.headers().expect("the header is UTF-8"));
        let rows = reader.records().map(|record| strings(&record.expect("every row has the header's width"))).collect();
        Results { header, rows }
    }

    /// A column from top to bottom.
    #[track_caller]
    pub fn column(&self, name: &str) -> Vec<&str> {
        let Some(at) = self.header.iter().position(|known| known == name) else {
            panic!("there is no column {name:?} in {:?}", self.header)
        };
        self.rows.iter().map(|row| row[at].as_str()).collect()
    }

    /// The row with this number, as named cells.
    #[track_caller]
    pub fn row(&self, number: u64) -> BTreeMap<&str, &str> {
        let at = self.column("c3_row").iter().position(|cell| *cell == number.to_string());
        let Some(at) = at else { panic!("row {number} is not in the results") };
        self.header.iter().map(String::as_str).zip(self.rows[at].iter().map(String::as_str)).collect()
    }

    /// How many rows ended in each way, without the ways in which none did.
    pub fn tally(&self) -> BTreeMap<&str, usize> {
        let mut tally = BTreeMap::new();
        for status in self.column("c3_status") {
            *tally.entry(status).or_default() += 1;
        }
        tally
    }

    /// How many rows are in the server: stored, or there already.
    pub fn landed(&self) -> usize {
        self.column("c3_status").iter().filter(|status| matches!(**status, "stored" | "unchanged")).count()
    }
}

/// The seven counts of a summary, wherever in it they stand.
pub fn counts(summary: &Value) -> BTreeMap<&'static str, u64> {
    fn find(value: &Value) -> Option<BTreeMap<&'static str, u64>> {
        if let Value::Object(members) = value {
            let all = STATUSES.iter().map(|status| Some((*status, members.get(*status)?.as_u64()?)));
            return all.collect::<Option<_>>().or_else(|| members.values().find_map(find));
        }
        None
    }
    find(summary).unwrap_or_else(|| panic!("no object in the summary counts all of {STATUSES:?}: {summary:#}"))
}
