//! A path to write to, as it may be typed.

use std::path::{Path, PathBuf};

use clap::builder::{PathBufValueParser, TypedValueParser};

/// A path, and not the `-` that stands for standard output elsewhere: nobody wants a file of that name.
pub fn output_path() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| {
        if path == Path::new("-") {
            Err("a file is to be named here; `-` is none, and standard output is not written to")
        } else {
            Ok(path)
        }
    })
}
