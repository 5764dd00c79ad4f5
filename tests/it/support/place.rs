//! An empty folder of its own for every story.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::program::Call;
use super::results::Results;

/// A folder that the program runs in, gone when the story ends.
pub struct Place {
    folder: TempDir,
    /// What belongs to the user and not to a run.
    state: TempDir,
}

impl Place {
    pub fn new() -> Place {
        let folder = || tempfile::tempdir().expect("a temporary folder can be made");
        Place { folder: folder(), state: folder() }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The user's folder for locks.
    pub fn state(&self) -> &Path {
        self.state.path()
    }

    /// Puts a file here.
    pub fn put(&self, name: &str, contents: impl AsRef<[u8]>) -> &Place {
        fs::write(self.path().join(name), contents).expect("a file can be put in a temporary folder");
        self
    }

    /// Puts a small table here, with a mapping `m.toml` for its columns: `Name`, `E-mail`, `Mobile` (Swedish), `Note`.
    pub fn with_table(rows: &[&str]) -> Place {
        let place = Place::new();
        place.put("people.csv", format!("Name,E-mail,Mobile,Note\n{}\n", rows.join("\n"))).put("m.toml", SMALL_MAPPING);
        place
    }

    /// A file here as text.
    pub fn text(&self, name: &str) -> String {
        let path = self.path().join(name);
        fs::read_to_string(&path).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()))
    }

    /// The names of everything here, sorted.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path()).expect("our folder is there");
        let mut names: Vec<_> =
            entries.map(|entry| entry.expect("it can be read").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// Every file here and below.
    pub fn files(&self) -> Vec<PathBuf> {
        fn below(folder: &Path, found: &mut Vec<PathBuf>) {
            for entry in fs::read_dir(folder).expect("a folder of ours can be read") {
                let path = entry.expect("it can be read").path();
                if path.is_dir() { below(&path, found) } else { found.push(path) }
            }
        }
        let mut found = Vec::new();
        below(self.path(), &mut found);
        found
    }

    /// The results of a run directory here.
    pub fn results(&self, run_dir: &str) -> Results {
        Results::read(&self.path().join(run_dir).join("results.csv"))
    }

    /// `summary.json` of a run directory here.
    pub fn summary(&self, run_dir: &str) -> serde_json::Value {
        serde_json::from_str(&self.text(&format!("{run_dir}/summary.json"))).expect("the summary is JSON")
    }

    /// The program with these words behind its name, still to be started here.
    pub fn c3import(&self, arguments: &[&str]) -> Call<'_> {
        Call::new(self, arguments)
    }
}

const SMALL_MAPPING: &str = r#"
version = 1
[card]
name = "Name"
email = ["E-mail"]
voice = [{ column = "Mobile", country = "SE" }]
[card.custom]
"Note" = "Note"
"#;

/// The path of a file in `fixtures/`.
pub fn fixture(name: &str) -> String {
    shipped("fixtures", name)
}

/// The path of a file in `mappings/`.
pub fn mapping(name: &str) -> String {
    shipped("mappings", name)
}

fn shipped(folder: &str, name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(name);
    path.to_str().expect("the project lies under a path in UTF-8").to_owned()
}
