//! Looks a workbook's zip over before anything is unpacked: sizes, ratios, and promises that would cost memory.

use std::io::{Read, Seek};

use zip::ZipArchive;

use crate::source::SourceError;
use crate::source::limits::{
    SHARED_STRING_BYTES_MIN, SHARED_STRINGS_MAX, ZIP_ENTRIES_MAX, ZIP_PART_BYTES_MAX, ZIP_RATIO_FROM_BYTES,
    ZIP_RATIO_MAX, ZIP_SHEET_BYTES_MAX, ZIP_STRINGS_BYTES_MAX, ZIP_TOTAL_BYTES_MAX,
};

/// How much of a part is looked at for a document type or a count of strings.
const PART_HEAD_BYTES: u64 = 4096;

/// Refuses a zip that could cost more than its bounds. The sizes are those the zip declares; reading past them fails.
pub(super) fn check<R: Read + Seek>(zip: &mut ZipArchive<R>, path: &str) -> Result<(), SourceError> {
    let refuse = |detail: String| Err(SourceError::BeyondLimit { path: path.to_owned(), detail });
    if zip.len() > ZIP_ENTRIES_MAX {
        return refuse(format!("it has {} parts, more than {ZIP_ENTRIES_MAX}", zip.len()));
    }
    let mut total: u64 = 0;
    for at in 0..zip.len() {
        let mut entry = zip.by_index(at).map_err(|error| super::zip_error(path, &error))?;
        let name = String::from_utf8_lossy(entry.name_raw()).to_ascii_lowercase();
        let (packed, size) = (entry.compressed_size(), entry.size());
        total = total.saturating_add(size);
        if total > ZIP_TOTAL_BYTES_MAX {
            return refuse(format!("unpacked it is larger than {} MiB", ZIP_TOTAL_BYTES_MAX >> 20));
        }
        if !name.starts_with("xl/") && !name.ends_with(".rels") && !name.ends_with(".xml") {
            continue;
        }
        let file = name.rsplit(['/', '\\']).next().unwrap_or(&name);
        let strings = file == "sharedstrings.xml";
        let bound = match () {
            () if strings => ZIP_STRINGS_BYTES_MAX,
            () if name.contains("worksheets/") || name.contains("media/") => ZIP_SHEET_BYTES_MAX,
            () if held_in_memory(file) => ZIP_PART_BYTES_MAX,
            () => ZIP_SHEET_BYTES_MAX,
        };
        if size > bound {
            return refuse(format!("unpacked its part {file} takes {} MiB, more than {}", size >> 20, bound >> 20));
        }
        if size > ZIP_RATIO_FROM_BYTES && size / packed.max(1) > ZIP_RATIO_MAX {
            return refuse(format!(
                "its part {file} unpacks to {} times its size, as zip bombs do",
                size / packed.max(1)
            ));
        }
        if !file.ends_with(".xml") && !file.ends_with(".rels") {
            continue;
        }
        let mut head = Vec::new();
        entry.by_ref().take(PART_HEAD_BYTES).read_to_end(&mut head).map_err(|error| SourceError::Damaged {
            path: path.to_owned(),
            detail: format!("its part {file} cannot be unpacked ({error})"),
        })?;
        let head = String::from_utf8_lossy(&head);
        if head.contains("<!DOCTYPE") || head.contains("<!ENTITY") {
            return refuse(format!("its part {file} declares a document type, which no spreadsheet program writes"));
        }
        if strings {
            let promised = promised_strings(&head).unwrap_or(0);
            if promised > SHARED_STRINGS_MAX || promised > size / SHARED_STRING_BYTES_MIN + 1 {
                return refuse(format!("it promises {promised} shared strings in {size} bytes"));
            }
        }
    }
    Ok(())
}

fn held_in_memory(file: &str) -> bool {
    file.ends_with(".rels") || file.starts_with("styles") || file.starts_with("workbook") || file.starts_with("theme")
}

/// The `uniqueCount` of a shared strings part; a reader sets memory aside for that many.
fn promised_strings(head: &str) -> Option<u64> {
    let (_, rest) = head.split_once("uniqueCount")?;
    let value = rest.trim_start().strip_prefix('=')?.trim_start();
    let value = value.strip_prefix(['"', '\''])?.trim_start();
    let digits = &value[..value.bytes().take_while(u8::is_ascii_digit).count()];
    // More digits than fit are more strings than fit.
    (!digits.is_empty()).then(|| digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_is_read_however_it_is_written() {
        assert_eq!(promised_strings("<sst count=\"9\" uniqueCount=\"12\">"), Some(12));
        assert_eq!(promised_strings("<sst uniqueCount = '99999999999999999999999'>"), Some(u64::MAX));
        assert_eq!(promised_strings("<sst>"), None);
    }
}
