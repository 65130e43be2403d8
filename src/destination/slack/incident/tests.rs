use serde_json::{Value, json};

use super::super::request::message;
use super::MAX_SECTION_CHARS;

fn news(state: &str, count: u64, extra: Value) -> Value {
    let mut news = json!({"ecs_event": "task_stopped", "severity": "error", "category": "app_error",
        "summary": "Container app exited with 1.", "hint": "Look.", "service": "web", "cluster": "prod",
        "region": "eu-west-1", "task_id": "0123abcd", "container": "app", "exit_code": 1,
        "incident_id": "inc-1", "incident": {"state": state, "count": count,
        "first_at": "2026-11-19T21:13:34.795Z", "last_at": "2026-11-19T23:23:40Z", "revisions": ["41", "42"]}});
    news["incident"].as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    news
}

fn composed(objects: &[Value]) -> Value {
    message(objects.iter().map(|object| format!("{object}\n")).collect::<String>().as_bytes())
}

#[test]
fn what_goes_on_is_one_line_with_a_link() {
    let message = composed(&[news("continued", 30, json!({}))]);
    assert_eq!(message["blocks"].as_array().unwrap().len(), 1);
    assert_eq!(
        message["blocks"][0]["text"]["text"],
        "*🔴 web in prod (eu-west-1): container app exits with 1*\n30 stops since 21:13, last 23:23 UTC (about every 4 min), \
         revisions 41 to 42 · \
         <https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/prod/services/web/health?region=eu-west-1|Open in the ECS console>\nLook."
    );
    assert_eq!(
        message["text"],
        "🔴 web in prod (eu-west-1): container app exits with 1: 30 stops since 21:13, last 23:23 UTC (about every 4 min), \
         revisions 41 to 42"
    );
}

/// A revision is what stands behind a colon, whoever wrote it.
#[test]
fn revisions_are_no_markup_and_fit_beside_the_rest() {
    let revisions = ["<!channel>".to_owned(), format!("&{}", "<x|y>".repeat(1_000))];
    let message = composed(&[news("continued", 30, json!({ "revisions": revisions }))]);
    let text = message["blocks"][0]["text"]["text"].as_str().unwrap();
    assert!(text.contains("revisions &lt;!channel&gt; to &amp;&lt;x|y&gt;"), "{text}");
    assert!(!text.contains("<!") && !text.contains("<x"), "{text}");
    assert!(text.encode_utf16().count() <= MAX_SECTION_CHARS);
}

#[test]
fn an_incident_of_several_services_names_them() {
    let of = |count: u64| {
        let services: Vec<String> = (0..count).map(|number| format!("s{number:02}")).collect();
        let mut news = news("continued", count, json!({"services": services, "escalated": true}));
        news["category"] = "host".into();
        news["severity"] = "warning".into();
        composed(&[news])
    };
    assert!(of(6)["text"].as_str().unwrap().contains("s04 and 1 more service in prod"));
    let message = of(30);
    assert!(message.to_string().contains("/clusters/prod/services?region=eu-west-1|"), "{message}");
    let text = message["text"].as_str().unwrap().to_owned();
    let subject =
        "🔴 s00, s01, s02, s03, s04 and 25 more services in prod (eu-west-1): host went away, container app";
    assert!(text.starts_with(subject), "{text}");
}

#[test]
fn an_incident_of_various_exits_names_none_of_them() {
    let message = composed(&[news("continued", 30, json!({"various": true}))]);
    let text = message["text"].as_str().unwrap();
    assert!(text.contains("app error, various containers or exit codes: 30 stops"), "{text}");
}

#[test]
fn lines_that_came_late_stand_below_their_incident() {
    let mut late = news("continued", 1, json!({}));
    late["update"] = true.into();
    late["last_lines"] = json!(["panic: out of luck"]);
    let message = composed(&[late.clone()]);
    assert_eq!(message["blocks"][1]["text"]["text"], "```\npanic: out of luck\n```");
    late["update"] = false.into();
    assert_eq!(composed(&[late])["blocks"].as_array().unwrap().len(), 1, "the 3rd stop's own are not shown");
}

#[test]
fn the_end_says_why() {
    let counts = "47 stops since 21:13, last 23:23 UTC";
    for (ended_by, emoji, expected) in [
        ("quiet", "⚪", format!("Quiet for 30 min, recovery not confirmed: {counts}, revisions 41 to 42")),
        (
            "deployment_completed",
            "✅",
            format!("Over after a completed deployment: {counts}, revisions 41 to 42"),
        ),
        ("steady_state", "✅", format!("Over, the service is steady: {counts}, revisions 41 to 42")),
        (
            "rolled_back",
            "↩️",
            format!(
                "Revision 42 was rolled back; the previous revision is running. 42 is still broken: {counts}"
            ),
        ),
        (
            "evicted",
            "⚪",
            format!("No longer followed, too many incidents are open: {counts}, revisions 41 to 42"),
        ),
    ] {
        let extra = json!({"ended_by": ended_by, "quiet_seconds": 1_800});
        let text = composed(&[news("resolved", 47, extra)])["text"].clone();
        assert_eq!(text, format!("{emoji} web in prod (eu-west-1): container app exits with 1: {expected}"));
    }
}

#[test]
fn two_days_have_dates_and_one_stop_no_rate() {
    let text = |count: u64, last_at: &str| {
        composed(&[news("continued", count, json!({"last_at": last_at, "revisions": []}))])["text"].clone()
    };
    let subject = "🔴 web in prod (eu-west-1): container app exits with 1: ";
    assert_eq!(
        text(4, "2026-11-20T00:13:34Z"),
        format!("{subject}4 stops since Nov 19 21:13, last Nov 20 00:13 UTC (about every 60 min)")
    );
    assert_eq!(text(1, "2026-11-19T21:13:34.795Z"), format!("{subject}1 stop at 21:13 UTC"));
}

#[test]
fn what_escalates_is_red_and_says_what_to_do() {
    let mut news = news("continued", 3, json!({"escalated": true}));
    news["severity"] = "warning".into();
    news["exit_code"] = 0.into();
    let message = composed(&[news]);
    assert!(message["text"].as_str().unwrap().starts_with("🔴 "), "{message}");
    assert!(message["blocks"][0]["text"]["text"].as_str().unwrap().ends_with("\nLook."), "{message}");
}

#[test]
fn the_opening_is_told_in_full_with_the_name_to_search_for() {
    let message = composed(&[news("opened", 1, json!({}))]);
    let blocks = message["blocks"].as_array().unwrap();
    assert_eq!(blocks[0]["type"], "header");
    assert!(blocks.last().unwrap()["elements"][0]["text"].as_str().unwrap().ends_with(" · inc-1"));
}

#[test]
fn much_news_keeps_within_the_limits_beside_stops_and_lines() {
    let line = |number: usize| json!({"class": "stdout", "container": format!("c{number}"), "line": "x"});
    let mut objects = vec![news("opened", 1, json!({})); 3];
    objects.extend(vec![news("continued", 3, json!({})); 60]);
    objects.extend((0..20).map(line));
    let message = composed(&objects);
    let blocks = message["blocks"].as_array().unwrap();
    assert!(blocks.len() <= 50, "{}", blocks.len());
    assert!(message.to_string().contains("and news of 45 more incidents"));
}
