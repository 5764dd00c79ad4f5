//! Every bound of the readers, by name. Beyond them a file is refused or a row is reported; nothing is cut silently.

/// How much of a text table is looked at before it is read: dialect and encoding are found here.
pub(super) const HEAD_BYTES: usize = 256 * 1024;

/// How much is read at a time.
pub(super) const CHUNK_BYTES: usize = 128 * 1024;

/// How much of a text table one thread reads before it asks for more.
pub(super) const PART_BYTES: usize = 256 * 1024;

/// The longest record of a text table, quoted line breaks included. A row of people's data has some hundred bytes;
/// a record of this size is a quote that was never closed.
pub(super) const RECORD_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The most cells a record of a text table may have; four times what a worksheet has.
pub(super) const RECORD_CELLS_MAX: usize = 65_536;

/// The last row of a worksheet, 1-based (Excel specifications and limits).
pub(super) const SHEET_ROWS_MAX: u32 = 1_048_576;

/// The last column of a worksheet, 1-based: `XFD`.
pub(super) const SHEET_COLUMNS_MAX: u32 = 16_384;

/// The most text a worksheet row may hold. A cell holds 32,767 characters; no honest row comes near.
pub(super) const SHEET_ROW_BYTES_MAX: usize = 16 * 1024 * 1024;

/// How much of a worksheet is looked ahead at, to see whether its rows stand in order: some eight thousand rows of a dozen
/// cells. It is read a second time for it when a table is opened.
pub(super) const SHEET_AHEAD_BYTES: usize = 4 * 1024 * 1024;

/// How much memory rows may take that stand in no order and have to be sorted: about a quarter of a million of a dozen cells.
pub(super) const SHEET_SORTED_BYTES_MAX: usize = 128 * 1024 * 1024;

/// Entries in a workbook's zip; honest ones have some dozen, picture books some hundred.
pub(super) const ZIP_ENTRIES_MAX: usize = 10_000;

/// A workbook unpacked, with its pictures.
pub(super) const ZIP_TOTAL_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// One part unpacked that is streamed, such as a worksheet. The fullest sheet Excel can save with a dozen columns takes
/// about 0.7 GB.
pub(super) const ZIP_SHEET_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;

/// The part of the shared strings unpacked; it is streamed.
pub(super) const ZIP_STRINGS_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// The text of all shared strings, which is held in memory.
pub(super) const SHARED_TEXT_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Any other part, such as the styles.
pub(super) const ZIP_PART_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// Parts this small may have any ratio.
pub(super) const ZIP_RATIO_FROM_BYTES: u64 = 16 * 1024 * 1024;

/// Unpacked ÷ packed size of a part. Worksheets come to 10–30, very regular ones to 200; deflate ends at 1,032.
pub(super) const ZIP_RATIO_MAX: u64 = 400;

/// The most shared strings: each costs four bytes and its text. A full sheet of twelve columns has as many cells.
pub(super) const SHARED_STRINGS_MAX: usize = 12 * 1024 * 1024;

/// How many unreadable cells of a sheet are reported before the sheet is given up as damaged.
pub(super) const UNREADABLE_CELLS_MAX: u64 = 100_000;

/// The longest tag or text of a part of XML. A cell holds 32,767 characters, six bytes each at worst.
pub(super) const XML_TOKEN_BYTES_MAX: usize = 4 * 1024 * 1024;

/// All text of a sheet, a shared string counted wherever it stands. A full sheet of people has some hundred MiB.
pub(super) const SHEET_TEXT_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// Cell formats of a workbook; Excel stops at 65,490.
pub(super) const CELL_FORMATS_MAX: usize = 65_536;

/// The sheets a workbook may list.
pub(super) const SHEETS_MAX: usize = 4_096;

/// Cells and rows that a file gives as "the same again"; a full sheet of a dozen columns has 12 million cells.
pub(super) const REPEATED_CELLS_MAX: u64 = 32 * 1024 * 1024;

/// Names of hidden table styles, and other small lists that a file decides the length of.
pub(super) const LIST_MAX: usize = 65_536;

/// A compound file, which is held in memory. The fullest sheets of the old format take some 30 MiB.
pub(super) const COMPOUND_BYTES_MAX: u64 = 128 * 1024 * 1024;
