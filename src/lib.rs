//! c3import brings people's contacts from spreadsheets into Cention, one row at a time, without doubles and without
//! losses. This page is the architecture; the README is for users.
//!
//! # In one picture
//! ```text
//!  nouns            Row ───────────▶ ContactCard ───────────▶ Verdict ─▶ Outcome
//!                    ▲                    ▲                      ▲           │
//!  rooms (verbs)  source ─▶ mapping ─▶ [ schedule decides · upload does ] ─▶ journal ─▶ results
//!                 └── feed thread ──┘  └──── deliver: async ───────────┘   └ scribe ┘ └ record ┘
//!  corridor       pipeline = feed │ deliver │ scribe │ record, joined by channels of batches; one seat per row
//!  front of house cli → settings → commands → (pipeline, ui)          sandbox = the other end of the wire
//! ```
//! Sync at both ends, async only where there is a network. One owner per piece of state. Data moves one way;
//! only the memory of cards that have ended goes home to the feed, to be made into others.
//! **Nouns know no verbs; verbs do not know each other; the corridor knows all rooms; the front of the house knows the
//! corridor.** `tests/it/rooms.rs` holds that table as data and fails with a sentence that says where a line belongs.
//!
//! | room | in → out | touches |
//! | --- | --- | --- |
//! | [`model`] | the nouns: row, card, identity, issue, verdict, outcome | nothing |
//! | [`plug`] | the moments at which tests end the program without a word | nothing, in a release build |
//! | [`jsonapi`] | card → request document; answer → resource or errors; pointer → field | nothing |
//! | [`source`] | file → rows | reads the input |
//! | [`mapping`] | mapping file → mapper; row → card, or every reason why not | nothing |
//! | [`plan`] | rows → what their columns hold, which of them end on one card | nothing |
//! | [`schedule`] | rows and verdicts → what to send now, what has ended, how long to wait | nothing |
//! | [`upload`] | bytes → verdict, one attempt | the network |
//! | [`journal`] | what is about to be sent, and endings → what earlier sessions of the run knew | its own file |
//! | [`results`] | endings → `results.csv`, `failed.csv`, `summary.json`; findings; reports as page and workbook | its output files |
//! | [`pipeline`] | joins the rooms | threads, channels, **the clock** |
//! | [`cli`], [`settings`] | words typed → decisions | environment, token files |
//! | [`commands`] | one file a subcommand: gather, call, report; exit codes | — |
//! | [`ui`] | progress, diagnostics, summaries, logs | the terminal |
//! | [`sandbox`] | a stand-in server with the documented rules and scripted faults; also the tests' server | a listener |
//!
//! One door stands open between two verbs: `upload` may use `jsonapi`, which is the grammar of the wire and as pure as a
//! noun.
//!
//! # Five shapes that decide the rest
//! 1. **Readers push, and can be told to stop** ([`source::Table::read`]): a streaming cell reader borrows its workbook,
//!    so a pull iterator would have to refer to itself. An unreadable row is still a row: it has a number and a result.
//! 2. **A seat for every row** ([`pipeline`]): taken before a row is read, given back when its result is written. One
//!    number bounds the memory of reader, channels, schedule and re-orderer. Rows travel in batches.
//! 3. **Decide in one place, act elsewhere** ([`schedule::Schedule`]): a plain value without clock, async or I/O. A
//!    spawned task is one *attempt*, so a row in back-off holds no slot, and pauses, lanes and stops act at once. Because
//!    it is pure, thousands of seeded runs hold it against the sandbox's store in seconds (`tests/it/simulation`).
//! 4. **Verdict first, then policy**: `upload` says what an answer means ([`model::Verdict`]), `schedule` what to do about
//!    it. Neither knows the other's words.
//! 5. **Row trouble is data, a dead run is an error**: [`model::Mapped`] carries every issue of a row at once; `Result` is
//!    for "the run cannot go on".
//!
//! # The life of row 4711
//! The feed waits for seats, reads the row, maps it, and encodes its card once. When fewer rows than a batch could go
//! at once, deliver lets the next ones in from the channel where they wait, and admits each to the schedule by its
//! number, the digests of its identities, and whether it may be sent twice; its contents stay outside. If an earlier
//! row shares an identity it waits in that lane. When a slot, a permit of the limiter and the pause allow, one task
//! posts the bytes and brings back a verdict. The ending goes to the recorder, takes its place in input order, is
//! written beside the row's original cells, and the seat is free again. A rejected row walks the same way without the
//! middle.
//!
//! # When the plug is pulled
//! A run may take several sessions. Its journal stands between deliver and record: an ending is on disk there before the
//! recorder writes it into the results, so that the results never know more than the journal. A card is noted before it
//! is sent, too. One that the server could not recognise when it came again waits until that note is on disk. So do all
//! others at up to 20 requests a second, so that whatever is sent again can say so; at a faster pace their note shares
//! the next commit, because sending them again is safe. A session that follows a killed one waits for as long as an
//! unknown outcome is given before it sends anything. [`plug`] lets tests end the program at every one of these steps.
//!
//! The next session reads the input from its beginning. The feed asks the journal about every card, by a keyed digest of
//! its document and not by row number, so that an input may be edited and sorted in between; each record answers for one
//! row. What has ended takes its ending along and goes straight to the recorder, which writes the results anew. What was
//! begun and has no ending is sent again if the server can recognise it, and is uncertain if not.
//!
//! # Rows that go together
//! With [`pipeline::Plan::merge`] the table is looked at twice before it is read to be sent, by the same judge. The first
//! look counts identities, as hashes; the second gathers the rows that share one, also by way of others, and what they
//! say ([`plan::Gathering`], which compares texts: merged cards cannot be taken apart). Only these are kept, up to a
//! bound. The first row of a group carries the card of all, so that it goes when its turn comes and the seats bound the
//! house as ever; its ending is the ending of the others, whether they have come by then or not. In the journal each row
//! has its own record, under the digest of what it says by itself, and those of a group are opened in one commit and
//! closed in one: a later session knows each row again whoever it went with, and a row that has ended goes with nobody.
//! A grouped row that is not what it was at the look stops the run.
//!
//! # The dry run
//! The dry run is the run, minus the network: with [`pipeline::Delivery::Dry`] the same function judges every row and
//! makes its card, which ends there, on the thread that read it. Its document is written by the same code: out, where
//! somebody wants to see it, and else only to find out how long it is. So nothing has to travel but hashes for the merge
//! plan and the rows that have something to be told, and a text file can be read by several threads: each takes a part,
//! cut between records, and what they made of it is put back in order ([`source::Shared`]).

pub mod cli;
pub mod commands;
pub mod journal;
pub mod jsonapi;
pub mod mapping;
pub mod model;
pub mod pipeline;
pub mod plan;
pub mod plug;
pub mod results;
pub mod sandbox;
pub mod schedule;
pub mod settings;
pub mod source;
pub mod ui;
pub mod upload;
