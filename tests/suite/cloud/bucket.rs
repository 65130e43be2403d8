//! A bucket of moto's, read back through its own API.

use serde_json::Value;

use super::Moto;
use test_support::plain_http::s3_call;

pub(super) const NAME: &str = "archive";

pub(super) fn create(moto: &Moto) {
    s3_call(moto.port, &format!("PUT /{NAME}")).unwrap();
}

/// The keys of all objects, in order.
pub(super) fn keys(moto: &Moto) -> Vec<String> {
    let list = s3_call(moto.port, &format!("GET /{NAME}?list-type=2")).unwrap();
    list.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next()).map(str::to_owned).collect()
}

/// The lines of every object, each as JSON with its members in order of their names.
pub(super) fn lines(moto: &Moto) -> Vec<String> {
    let objects =
        keys(moto).into_iter().map(|key| s3_call(moto.port, &format!("GET /{NAME}/{key}")).unwrap());
    let value = |line: &str| -> Value { serde_json::from_str(line).expect("a line of JSON") };
    objects
        .flat_map(|object| object.lines().map(|line| value(line).to_string()).collect::<Vec<_>>())
        .collect()
}
