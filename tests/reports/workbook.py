"""Opens a report with openpyxl, and says what is wrong with it: python3 workbook.py BOOK"""

import sys

import openpyxl

book = openpyxl.load_workbook(sys.argv[1])
failures = []
passed = 0


def check(what, holds):
    global passed
    if holds:
        passed += 1
    else:
        failures.append(what)


check(f"sheets are {book.sheetnames}", book.sheetnames[:2] == ["Summary", "Rows"])
rows = book["Rows"]
check("the header does not stay", rows.freeze_panes == "A2")
check("there is no filter", rows.auto_filter.ref and rows.auto_filter.ref.startswith("A1:"))
header = [cell.value for cell in rows[1]]
check(f"the header is {header}", header[-8:] == ["c3_row", "c3_status", "c3_id", "c3_http_status", "c3_attempts", "c3_code", "c3_column", "c3_error"])
noted = [cell for row in rows.iter_rows() for cell in row if cell.comment]
check("no cell has a note", noted)
check("a note does not say why", all("." in cell.comment.text.split(":")[0] for cell in noted))
check("a noted cell has no colour", all(cell.fill.fgColor.rgb not in (None, "00000000") for cell in noted))
check("a script is no text", any("<script>" in str(cell.value) for row in rows.iter_rows() for cell in row))
check("a text became a formula", all(cell.data_type != "f" for row in rows.iter_rows() for cell in row))
statuses = {row[header.index("c3_status")].value for row in rows.iter_rows(min_row=2)}
check(f"statuses are {statuses}", statuses <= {"not_sent", "invalid", "skipped"} and "invalid" in statuses)
for failure in failures:
    print(f"report workbook: {failure}", file=sys.stderr)
print(f"{passed} passed, {len(failures)} failed")
sys.exit(1 if failures else 0)
