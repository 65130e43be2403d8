//! What a record is, and where its class goes.
//!
//! `provenance` says who vouches for a record, `classes` decides what it is, `levels` what the level of a line makes of
//! that, `routes` looks up where it goes. Does not own what a stop event says (`stop`), what envelopes look like
//! (`envelope`), nor how a level is read (`level`).

mod class;
pub mod classes;
pub mod levels;
pub mod provenance;
pub mod routes;
