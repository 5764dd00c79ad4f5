//! c3import brings people's contacts from spreadsheets into Cention, one row at a time, without doubles and without
//! losses. This page is the architecture; the README is for users.
//!
//! # In one picture
//! ```text
//!  nouns            Row ───────────▶ ContactCard ───────────▶ Verdict ─▶ Outcome
//!                    ▲                    ▲                      ▲           │
//!  rooms (verbs)  source ─▶ mapping ─▶ [ schedule decides · upload does ] ─▶ results
//!                 └── feed thread ──┘  └──── deliver: async ───────────┘   └─ record thread
//!  corridor       pipeline = feed │ deliver │ record, joined by channels of batches; one seat per row
//!  front of house cli → settings → commands → (pipeline, ui)          sandbox = the other end of the wire
//! ```
//! Sync at both ends, async only where there is a network. One owner per piece of state. Data moves one way.
//! **Nouns know no verbs; verbs do not know each other; the corridor knows all rooms; the front of the house knows the
//! corridor.** `tests/it/rooms.rs` holds that table as data and fails with a sentence that says where a line belongs.
//!
//! | room | in → out | touches |
//! | --- | --- | --- |
//! | [`model`] | the nouns: row, card, identity, issue, verdict, outcome | nothing |
//! | [`jsonapi`] | card → request document; answer → resource or errors; pointer → field | nothing |
//! | [`source`] | file → rows | reads the input |
//! | [`mapping`] | mapping file → mapper; row → card, or every reason why not | nothing |
//! | [`plan`] | rows → what their columns hold, which of them end on one card | nothing |
//! | [`schedule`] | rows and verdicts → what to send now, what has ended, how long to wait | nothing |
//! | [`upload`] | bytes → verdict, one attempt | the network |
//! | [`results`] | endings → `results.csv`, `summary.json`, findings | its output files |
//! | [`pipeline`] | joins the rooms | threads, channels, **the clock** |
//! | [`cli`], [`settings`] | words typed → decisions | environment, token files |
//! | [`commands`] | one file a subcommand: gather, call, report; exit codes | — |
//! | [`ui`] | progress, diagnostics, summaries, logs | the terminal |
//! | [`sandbox`] | a stand-in server with the documented rules and scripted faults; also the tests' server | a listener |
//!
//! One door stands open between two verbs: `upload` may use `jsonapi`, which is the grammar of the wire and as pure as a
//! noun. A journal room will stand between deliver and record: it remembers what was confirmed before the recorder
//! writes it down.
//!
//! # Five shapes that decide the rest
//! 1. **Readers push, and can be told to stop** ([`source::Table::read`]): a streaming cell reader borrows its workbook,
//!    so a pull iterator would have to refer to itself. An unreadable row is still a row: it has a number and a result.
//! 2. **A seat for every row** ([`pipeline`]): taken before a row is read, given back when its result is written. One
//!    number bounds the memory of reader, channels, schedule and re-orderer. Rows travel in batches.
//! 3. **Decide in one place, act elsewhere** ([`schedule::Schedule`]): a plain value without clock, async or I/O. A
//!    spawned task is one *attempt*, so a row in back-off holds no slot, and pauses, lanes and stops act at once. Because
//!    it is pure, a thousand seeded runs check it in a blink.
//! 4. **Verdict first, then policy**: `upload` says what an answer means ([`model::Verdict`]), `schedule` what to do about
//!    it. Neither knows the other's words.
//! 5. **Row trouble is data, a dead run is an error**: [`model::Mapped`] carries every issue of a row at once; `Result` is
//!    for "the run cannot go on".
//!
//! # The life of row 4711
//! The feed waits for seats, reads the row, maps it, and encodes its card once. Deliver admits it to the schedule by its
//! number, the digests of its identities, and whether it may be sent twice; its contents stay outside. If an earlier row
//! shares an identity it waits in that lane. When a slot, a permit of the limiter and the pause allow, one task posts the
//! bytes and brings back a verdict. The ending goes to the recorder, takes its place in input order, is written beside the
//! row's original cells, and the seat is free again. A rejected row walks the same way without the middle.
//!
//! The dry run is the run: with [`pipeline::Delivery::Dry`] a card that is ready to be sent ends there, and everything
//! before and after is the same code.

pub mod cli;
pub mod commands;
pub mod jsonapi;
pub mod mapping;
pub mod model;
pub mod pipeline;
pub mod plan;
pub mod results;
pub mod sandbox;
pub mod schedule;
pub mod settings;
pub mod source;
pub mod ui;
pub mod upload;
