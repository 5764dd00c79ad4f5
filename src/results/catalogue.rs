//! What every code means: the catalogue behind `c3import explain` and the hints in reports.

use crate::model::{Code, DamageCode, MergeCode, OutcomeCode};

/// What is to be known of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// The code.
    pub code: &'static str,
    /// What it means, as a sentence without a period.
    pub means: &'static str,
    /// Why it is told at all, or why it is so.
    pub why: &'static str,
    /// What to do about it.
    pub todo: &'static str,
}

/// Every page: what can be wrong with a row, what can happen to it, what seems to have happened to columns before, what
/// rows do to each other.
pub fn pages() -> impl Iterator<Item = Page> {
    let damages = DamageCode::ALL.into_iter().map(damage_page);
    OutcomeCode::all().map(page).chain(damages).chain(MergeCode::ALL.into_iter().map(merge_page))
}

/// The page of a code that stands in the results.
pub fn page(code: OutcomeCode) -> Page {
    let (means, why, todo) = match code {
        OutcomeCode::Issue(code) => issue(code),
        OutcomeCode::RowBlank => (
            "every mapped cell of the row is blank",
            "There is nothing to send, so the row is skipped. Blank lines at the end of a table often look like this.",
            "Nothing, unless the row should hold something: then look whether the mapping names the right columns.",
        ),
        OutcomeCode::RowRepeats => (
            "the row becomes the very same card as an earlier row of this run",
            "Sending it again would add nothing, and might put custom entries on the card twice. So it is not sent, and \
             counts as unchanged.",
            "Nothing. To be rid of the message, remove the repetition from the file.",
        ),
        OutcomeCode::RowMerged => (
            "what the row says goes with the card of an earlier row, because they share a contact",
            "With --merge-rows one card is sent for all rows that share a contact, also by way of others, with everything \
             that they say. The first of them carries it; the others end as it does.",
            "Nothing. If they are different persons, take the shared contact out of one of the rows.",
        ),
        OutcomeCode::RowNameDiffers => (
            "the row gives another name than the one its card was sent with",
            "With --merge-rows several rows become one card, and a card has one name: that of the first row that gives \
             one. Upper and lower case and spaces make no other name.",
            "Look at the rows: if they are two persons, take the shared contact out of one of them.",
        ),
        OutcomeCode::RowStored => (
            "the input is the results file of an earlier run, which says that this row is stored",
            "What is stored is not sent again.",
            "Nothing. To send it all the same, clear its c3_status.",
        ),
        OutcomeCode::RowExcluded => (
            "the mapping leaves such rows out",
            "A condition in the mapping's [rows] says which rows are not to be sent, and the message names it; or options \
             such as `match` leave nothing of what stands in the row.",
            "Nothing, if that is what you meant; `c3import mapping explain` tells it in words, with `--row N` step by step.",
        ),
        OutcomeCode::ServerOdd => (
            "the row is stored, but the server's answer was not what it should be",
            "The card's id may be missing, or there may be two that differ. What was sent has arrived all the same.",
            "Look the person up in Cention. Do not send the row again: that would append to the card once more.",
        ),
        OutcomeCode::EchoMissing => (
            "the row is stored, but the card in the answer lacks something that was sent",
            "The server answers with the whole card. A value that is not on it was dropped or changed by the server.",
            "Compare the card in Cention with the row, and add by hand what is missing.",
        ),
        OutcomeCode::EchoDoubled => (
            "the row is stored, but a custom entry stands on the card more often than it was sent",
            "The server appends to a known card, so an entry that was there already is there twice now.",
            "Remove the repetition in Cention. Before the next import, leave out custom columns that are there already.",
        ),
        OutcomeCode::ServerRefused => (
            "the server said no to this row",
            "Its reason stands in c3_error, and the column it seems to mean in c3_column. Nothing was stored.",
            "Mend the cell, and import the results file: rows that are stored are not sent again.",
        ),
        OutcomeCode::DeliveryResent => (
            "stored at a later attempt, after one whose outcome is unknown",
            "A connection broke, or the answer never came. The row has something the server knows it by, so it was sent \
             again; if the first attempt landed too, the card was appended to twice.",
            "If the mapping sends custom entries, look whether they stand on the card twice.",
        ),
        OutcomeCode::DeliveryUnknown => (
            "the row was sent, and nobody knows whether it was stored",
            "No usable answer came. Without an e-mail address, phone number or account the server would make a second card \
             of it, so it is not sent again on a guess; or it was tried often enough.",
            "Look the person up in Cention. If there is no card, import the row once more.",
        ),
        OutcomeCode::RunStopped => (
            "the run ended before this row's turn",
            "The server's state, a guard such as --max-errors, or somebody at the keyboard stopped it. This run has not \
             stored the row.",
            "When the reason is gone, go on as the run's last line says.",
        ),
        OutcomeCode::RunDry => (
            "the row is ready to be sent, and this was a dry run",
            "`check` and `import --dry-run` do everything that an import does, minus the network.",
            "Nothing. `c3import import` sends it.",
        ),
    };
    Page { code: code.as_str(), means, why, todo }
}

type Words = (&'static str, &'static str, &'static str);

fn issue(code: Code) -> Words {
    match code {
        Code::RowRagged => (
            "the row has more or fewer cells than the header has names",
            "Somewhere a delimiter is missing or too many, often inside an unquoted text. Which value belongs to which \
             column is not known any more, so nothing is sent on a guess.",
            "Put quotes around the text that holds the delimiter, or add the missing cells.",
        ),
        Code::RowTooLarge => (
            "the row is larger than any contact is",
            "Most often a quote is opened and never closed, and much of the file stands in one cell.",
            "Look at the row's quotes.",
        ),
        Code::RowUnclosedQuote => (
            "a quote opens a cell and is never closed",
            "The rest of the file stands in that cell, so all rows behind it would be lost.",
            "Close the quote, or double it where it belongs to the text.",
        ),
        Code::CellEncoding => (
            "a byte in the cell does not exist in the file's encoding",
            "The file was written in another encoding than the one it is read in, or in two. A letter would be lost.",
            "Name the right one with --encoding (`c3import inspect` says how the file was read), or save it as UTF-8.",
        ),
        Code::CellControl => (
            "the cell holds a control character that has no place in a text",
            "It came from another system or a damaged file, nobody can see it, and servers refuse it.",
            "Retype the cell, or let the mapping drop such characters.",
        ),
        Code::CellReplacement => (
            "the cell holds the character �, which stands for a letter that was lost",
            "Some program before this one read the text in the wrong encoding. The letter cannot be brought back.",
            "Export the file once more from where it came from, or retype the cell.",
        ),
        Code::CellMojibake => (
            "the text was read in a wrong encoding before it came here, such as Ã¶ for ö",
            "Some program took UTF-8 for something else and saved what it saw. People would receive their names like that.",
            "Export the file once more as UTF-8, or let the mapping mend such texts.",
        ),
        Code::CellError => (
            "the cell shows a spreadsheet error such as #N/A, or what is left of a number, such as ##### and 1.23E+18",
            "A formula does not work out, or a column is too narrow for what stands in it. What it shows is no value, so \
             it is not sent as one.",
            "Mend the formula, widen the column or set it to text, or clear the cell.",
        ),
        Code::CellNoValue => (
            "the cell holds a formula whose result was never saved",
            "The program that wrote the workbook did not calculate it, and this one does not calculate either.",
            "Open the workbook in a spreadsheet program and save it.",
        ),
        Code::CellUnreadable => (
            "the reader could not make sense of the cell",
            "The workbook says something about the cell that no specification knows.",
            "Retype the cell, or save the sheet as CSV.",
        ),
        Code::EmailSyntax => (
            "this is no e-mail address",
            "Cention would keep it and no mail would ever arrive; and rows with the same nonsense would become one card.",
            "Correct the address, or clear the cell. Several in one cell need `split` in the mapping.",
        ),
        Code::PhoneSyntax => (
            "this is no phone number",
            "It holds letters, or several numbers, or something else that cannot be dialled.",
            "Correct the number, or clear the cell. Several in one cell need `split` in the mapping.",
        ),
        Code::PhoneLength => (
            "the number has too few or too many digits for its country",
            "Nobody would be reached by it. Spreadsheets cut leading zeros and long numbers.",
            "Look at the digits; and at the column's `country` in the mapping.",
        ),
        Code::PhoneCountry => (
            "a national number, and nothing says of which country",
            "Numbers are sent with plus sign and country code. Guessing the country would call a stranger.",
            "Set `country` for the column in the mapping, or write the number with + and country code.",
        ),
        Code::ContactNone => (
            "the row has no e-mail address, phone number or account",
            "The server recognises people by those. Without any it makes a new card every time the row is sent.",
            "Add one; or let such rows through with `[rows] require_identity = false`.",
        ),
        Code::ValueTooLong => (
            "the value is longer than its limit",
            "The mapping sets the limit, or the field's kind has one. Cutting would lose something silently.",
            "Shorten the cell, or change the limit in the mapping.",
        ),
        Code::ValueMissing => (
            "a value that the mapping requires is not there",
            "The mapping says that a row without it is not worth sending.",
            "Fill the cell in, or do not require it in the mapping.",
        ),
        Code::DateFormat => (
            "the text is no date of the form that the mapping says",
            "1/2/2026 is January in one country and February in another; a date that does not fit is not guessed at.",
            "Correct the cell, or name its form in the mapping.",
        ),
    }
}

/// The page of a code of damage that is sent along.
pub fn damage_page(code: DamageCode) -> Page {
    let (means, why, todo) = match code {
        DamageCode::ValueRounded => (
            "a number has more than 15 digits and ends in zeros, as do most such numbers of its column",
            "Spreadsheets keep 15 digits of a number and make zeros of the others. What is left is sent, since only you can \
             know whether it is the true number.",
            "Compare one with the system it came from. If it was rounded, export again as text, and do not open the file in \
             a spreadsheet before it is imported.",
        ),
        DamageCode::ValueCut => (
            "a text has exactly as many characters as a database or a spreadsheet lets through, and none is longer",
            "Text fields of many databases end at 255 characters, cells of a spreadsheet at 32,767; what came after is gone. \
             What is left is sent.",
            "Look at the end of the text. If it was cut, export it in a form that keeps long texts.",
        ),
        DamageCode::DateSerial => (
            "a number stands where the column has dates",
            "Spreadsheets count days from 1900, and show that number in a cell that has lost its date format: 45291 is \
             2023-12-31. It is sent as the number that it is.",
            "Give the column a date format in the spreadsheet and export again; or let the mapping refuse such cells with \
             `date_format`.",
        ),
        DamageCode::PhoneNoPlus => (
            "a phone number seems to have lost its plus",
            "Spreadsheets take +46701234567 for a sum and keep 46701234567. It is sent as the mapping reads it, which may \
             be another number.",
            "Look what `c3import mapping explain --row` makes of one. Set the column to text, put the plus back, and export \
             again.",
        ),
        DamageCode::PhoneNoZero => (
            "a phone number seems to have lost its leading zero",
            "Spreadsheets take 0701234567 for a number and keep 701234567. In a column that the mapping sends as phone \
             numbers of one country it is read as if the zero were there; as text it is sent as it stands.",
            "If numbers must have their zeros, set the column to text, put them back, and export again.",
        ),
    };
    Page { code: code.as_str(), means, why, todo }
}

/// The page of a code of the merge plan.
pub fn merge_page(code: MergeCode) -> Page {
    let (means, why, todo) = match code {
        MergeCode::Bridge => (
            "the row belongs to two cards or more",
            "One of its contacts stands on one card and another on another, because earlier rows made them apart. The \
             server adds the row to one of the two; both cards stay, and cards can be neither merged nor deleted.",
            "Decide whether it is one person: then put the row with both contacts before the others, or give all of them \
             the same contact. If they are two persons, take the other's contact out of the row.",
        ),
        MergeCode::Hub => (
            "very many rows share one e-mail address, phone number or account",
            "All of them land on one card, as if they were one person. It is almost always the mailbox or switchboard of \
             a company, or a stand-in such as none@none.com.",
            "Clear it where it is not the person's own, or send it as a custom value. `--max-group N` makes it an error.",
        ),
        MergeCode::NamesDiffer => (
            "rows that land on one card give different names",
            "They share a contact, so the server takes them for one person; two people of one family, perhaps. Which \
             name the card keeps is the server's choice.",
            "Look at the rows. If they are two persons, take the shared contact out of one of them.",
        ),
        MergeCode::GroupTooLarge => (
            "more rows land on one card than --max-group allows",
            "You asked to be stopped by that, because merged cards cannot be taken apart again.",
            "See merge.hub; or allow more with --max-group.",
        ),
        MergeCode::Identical => (
            "the row becomes the very same card as an earlier row",
            "Sending it would add nothing, so an import does not send it, and says unchanged.",
            "Nothing.",
        ),
    };
    Page { code: code.as_str(), means, why, todo }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_code_lacks_a_page_and_no_page_lacks_a_word() {
        let codes: BTreeSet<&str> = pages().map(|page| page.code).collect();
        let all = OutcomeCode::all().count() + DamageCode::ALL.len() + MergeCode::ALL.len();
        assert_eq!(codes.len(), all, "two codes have one name");
        for code in OutcomeCode::all().map(OutcomeCode::as_str).chain(MergeCode::ALL.map(MergeCode::as_str)) {
            assert!(codes.contains(code), "{code}");
        }
        for page in pages() {
            assert!(page.means.len() > 20 && !page.means.ends_with('.'), "{page:?}");
            assert!(page.why.ends_with('.') && page.todo.ends_with('.'), "{page:?}");
        }
    }
}
