//! What a record is, and where its class goes.
//!
//! `classes` decides, `routes` looks up. Does not own what a stop event says (`stop`).

pub mod classes;
pub mod routes;
