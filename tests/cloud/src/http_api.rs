//! APIs that `http` reaches with a template: `POST /http/splunk`, `/http/loki` and so on, each with the rules of the service.
//!
//! Read 2026-11: <https://help.splunk.com/en/splunk-enterprise/get-started/get-data-in/9.4/get-data-with-http-event-collector/format-events-for-http-event-collector>,
//! <https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs>,
//! <https://docs.opensearch.org/latest/api-reference/document-apis/bulk/>, <https://docs.honeycomb.io/api/tag/Events>,
//! <https://betterstack.com/docs/logs/ingesting-data/http/logs/>, <https://axiom.co/docs/restapi/ingest>,
//! <https://help.sumologic.com/docs/send-data/hosted-collectors/http-source/>,
//! <https://docs.opsgenie.com/docs/alert-api#create-alert>,
//! <https://developers.google.com/workspace/chat/quickstart/webhooks>,
//! <https://discord.com/developers/docs/resources/webhook#execute-webhook>.

use serde_json::{Value, json};

use crate::{received::Received, reply::Reply};

/// What a service makes of a request: the records that it takes and its answer, or why it refuses.
pub(crate) type Intake = fn(&Received) -> Result<(Vec<Value>, Reply), String>;

const SERVICES: [(&str, Intake); 10] = [
    ("splunk", splunk),
    ("loki", loki),
    ("bulk", bulk),
    ("honeycomb", honeycomb),
    ("betterstack", better_stack),
    ("axiom", axiom),
    ("sumo", sumo),
    ("opsgenie", opsgenie),
    ("chat", chat),
    ("discord", discord),
];

/// The service behind a path of the form `/http/<service>`.
pub(crate) fn of_path(path: &str) -> Option<Intake> {
    let name = path.strip_prefix("/http/")?.split('/').next()?;
    SERVICES.iter().find(|(known, _)| *known == name).map(|(_, intake)| *intake)
}

fn splunk(request: &Received) -> Result<(Vec<Value>, Reply), String> {
    authorized(request, "authorization", "Splunk ")?;
    let events = serde_json::Deserializer::from_slice(&request.body).into_iter::<Value>();
    let events: Vec<Value> = events.collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    for event in &events {
        let known = ["time", "host", "source", "sourcetype", "index", "event", "fields"];
        let members = event.as_object().ok_or("an event is no object")?;
        ensure(members.keys().all(|name| known.contains(&name.as_str())), "an event has another member")?;
        ensure(!members.get("event").is_none_or(is_blank), "code 12, event field is required")?;
        ensure(members.get("time").is_none_or(Value::is_number), "the time is no number")?;
    }
    ensure(!events.is_empty(), "code 5, no data")?;
    Ok((events, Reply::json(200, &json!({"text": "Success", "code": 0}))))
}

fn loki(request: &Received) -> Result<(Vec<Value>, Reply), String> {
    authorized(request, "authorization", "Basic ")?;
    let body = object(request)?;
    let streams = body["streams"].as_array().ok_or("no streams")?;
    let mut lines = Vec::new();
    for stream in streams {
        let labels = stream["stream"].as_object().ok_or("a stream without labels")?;
        ensure(!labels.is_empty(), "at least one label pair is required per stream")?;
        ensure(labels.values().all(|value| value.as_str().is_some_and(|text| !text.is_empty())), "a label")?;
        let values = stream["values"].as_array().ok_or("a stream without values")?;
        for value in values {
            let time = value[0].as_str().ok_or("a time that is no string")?;
            ensure(time.len() == 19 && time.parse::<u64>().is_ok(), "a time that is no nanoseconds")?;
            ensure(value[1].is_string(), "a line that is no string")?;
            lines.push(stream.clone());
        }
    }
    Ok((lines, Reply::empty(204)))
}

pub(crate) fn bulk(request: &Received) -> Result<(Vec<Value>, Reply), String> {
    ensure(request.body.ends_with(b"\n"), "The bulk request must be terminated by a newline")?;
    let lines = lines(request)?;
    ensure(lines.len() % 2 == 0, "an action without its source")?;
    let documents: Vec<Value> = lines.iter().skip(1).step_by(2).cloned().collect();
    for action in lines.iter().step_by(2) {
        ensure(action.get("create").is_some_and(Value::is_object), "Malformed action/metadata line")?;
    }
    let is_dated = |document: &Value| document["@timestamp"].is_string();
    let item = |document: &Value| json!({"create": {"status": if is_dated(document) { 201 } else { 400 }}});
    let items: Vec<Value> = documents.iter().map(item).collect();
    let reply = json!({"took": 1, "errors": !documents.iter().all(is_dated), "items": items});
    Ok((documents.into_iter().filter(is_dated).collect(), Reply::json(200, &reply)))
}

fn honeycomb(request: &Received) -> Result<(Vec<Value>, Reply), String> {
    authorized(request, "x-honeycomb-team", "")?;
    let events = list(request)?;
    let is_event = |event: &Value| event["time"].is_string() && event["data"].is_object();
    let status = |event: &Value| json!({"status": if is_event(event) { 202 } else { 400 }});
    let statuses: Vec<Value> = events.iter().map(status).collect();
    Ok((events.into_iter().filter(is_event).collect(), Reply::json(200, &json!(statuses))))
}

fn better_stack(request: &Received) -> Result<(Vec<Value>, Reply), String> {
    authorized(request, "authorization", "Bearer ")?;
    let records = list(request)?;
    ensure(records.iter().all(|record| record["dt"].is_string()), "a record without dt")?;
    Ok((records, Reply::empty(202)))
}

fn axiom(request: &Received) -> Result<(Vec<Value>, Reply), String> {
    authorized(request, "authorization", "Bearer ")?;
    let records = list(request)?;
    let taken: Vec<Value> = records.iter().filter(|record| record["_time"].is_string()).cloned().collect();
    let reply = json!({"ingested": taken.len(), "failed": records.len() - taken.len(), "failures": []});
    Ok((taken, Reply::json(200, &reply)))
}

fn sumo(request: &Received) -> Result<(Vec<Value>, Reply), String> {
    let lines = lines(request)?;
    ensure(lines.iter().all(|line| line["timestamp"].is_u64()), "a line without a time")?;
    Ok((lines, Reply::empty(200)))
}

fn opsgenie(request: &Received) -> Result<(Vec<Value>, Reply), String> {
    authorized(request, "authorization", "GenieKey ")?;
    let alert = object(request)?;
    for (name, min, max) in
        [("message", 1, 130), ("alias", 0, 512), ("description", 0, 15_000), ("entity", 0, 512)]
    {
        let length = alert[name].as_str().unwrap_or_default().chars().count();
        ensure((min..=max).contains(&length), &format!("{name} of {length} characters"))?;
    }
    let details = alert["details"].as_object().ok_or("details are no object")?;
    ensure(details.values().all(Value::is_string), "a detail that is no string")?;
    Ok((vec![alert], Reply::json(202, &json!({"result": "Request will be processed"}))))
}

fn chat(request: &Received) -> Result<(Vec<Value>, Reply), String> {
    let message = object(request)?;
    ensure(!is_blank(&message["text"]) && request.body.len() <= 32_000, "an empty or long message")?;
    Ok((vec![message], Reply::json(200, &json!({}))))
}

fn discord(request: &Received) -> Result<(Vec<Value>, Reply), String> {
    let message = object(request)?;
    let length = message["content"].as_str().unwrap_or_default().chars().count();
    ensure((1..=2_000).contains(&length), "Must be 2000 or fewer in length.")?;
    Ok((vec![message], Reply::empty(204)))
}

fn authorized(request: &Received, header: &str, scheme: &str) -> Result<(), String> {
    let key = request.header(header).and_then(|value| value.strip_prefix(scheme));
    ensure(key.is_some_and(|key| !key.is_empty()), &format!("{header} is not {scheme}KEY"))
}

fn object(request: &Received) -> Result<Value, String> {
    let body: Value = serde_json::from_slice(&request.body).map_err(|error| error.to_string())?;
    if body.is_object() { Ok(body) } else { Err("the body is no object".to_owned()) }
}

fn list(request: &Received) -> Result<Vec<Value>, String> {
    serde_json::from_slice(&request.body).map_err(|error| error.to_string())
}

fn lines(request: &Received) -> Result<Vec<Value>, String> {
    let lines = request.body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).map_err(|error| error.to_string())).collect()
}

fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

fn ensure(holds: bool, otherwise: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise.to_owned()) }
}
