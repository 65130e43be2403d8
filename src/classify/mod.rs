//! What a record is, and where its class goes.
//!
//! `provenance` says who vouches for a record, `classes` decides what it is, `routes` looks up where that goes. Does not
//! own what a stop event says (`stop`) nor what envelopes look like (`envelope`).

pub mod classes;
pub mod provenance;
pub mod routes;
