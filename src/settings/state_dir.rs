//! Where this program keeps what belongs to the user and not to a run: locks.

use std::path::PathBuf;

use super::variable;

/// The user's folder for such things: `$XDG_STATE_HOME/c3import`, else `~/.local/state/c3import`; on Windows
/// `%LOCALAPPDATA%\c3import`; where there is none of them, `c3import-USER` among temporary files.
pub fn state_dir() -> PathBuf {
    let own = if cfg!(windows) {
        variable("LOCALAPPDATA").map(PathBuf::from)
    } else {
        let home = || variable("HOME").map(|home| PathBuf::from(home).join(".local/state"));
        variable("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute()).or_else(home)
    };
    match own {
        Some(folder) => folder.join("c3import"),
        None => {
            let user = variable("USER").or_else(|| variable("USERNAME")).unwrap_or_else(|| "user".to_owned());
            std::env::temp_dir().join(format!("c3import-{}", user.replace(['/', '\\'], "-")))
        }
    }
}
