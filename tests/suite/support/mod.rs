//! What the tests work with: chunks, records, a router in front of a fake cloud, processes of their own.

pub(crate) mod alone;
pub(crate) mod chunk;
pub(crate) mod environment;
pub(crate) mod plain_http;
pub(crate) mod process;
pub(crate) mod record;
pub(crate) mod router;
pub(crate) mod temp;
