use crate::check::tests::{of_lines, said};

fn of_stream(stream: &str) -> Vec<String> {
    of_lines(&format!(
        "    route.default cloudwatch\n    cloudwatch.log_group g\n    cloudwatch.log_stream {stream}\n"
    ))
}

#[track_caller]
fn says(stream: &str, expected: &[&str]) {
    let found = of_stream(stream);
    assert_eq!(found.len(), expected.len(), "{stream}: {found:?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(
            found.contains("warning: cloudwatch.log_stream: ") && found.contains(expected),
            "{stream}: {found}"
        );
    }
}

#[test]
fn the_syntax_of_other_plugins_is_translated() {
    says("$container_name/$TAG", &["write $(container_name)", "write $(tag), or"]);
    says("$TAG[1]", &["'$TAG[1]' is taken literally"]);
    says("a-$UUID-$INDEX", &["write $(uuid)", "leave it out"]);
    says("$ENV/x", &["write ${ENV}"]);
    says("$kubernetes['pod']['name']", &["write $(kubernetes.pod.name)"]);
    says("${HOSTNAME}/$TAG", &["write $(tag)"]);
    says("$(container_name)/${HOSTNAME}/cost-$5", &[]);
}

#[test]
fn a_field_without_its_brackets_is_reported() {
    says(
        "container_name",
        &["'container_name' is taken literally: the value of a field is $(container_name)"],
    );
    says("app/ecs_task_id", &["write $(ecs_task_id)"]);
    says("source/log", &[]);
    says("my_container_name", &[]);
}

#[test]
fn a_partition_key_that_all_records_share_is_reported() {
    let of_key = |key: &str| {
        of_lines(&format!(
            "    route.default kinesis\n    kinesis.stream s\n    kinesis.partition_key {key}\n"
        ))
    };
    let found = of_key("logs");
    assert!(
        matches!(found.as_slice(), [one] if one.contains("one shard takes them all; write $(")),
        "{found:?}"
    );
    for key in ["$(container_name)", "$(uuid)", "${KEY}"] {
        assert_eq!(of_key(key), [""; 0], "{key}");
    }
}

#[test]
fn fields_that_no_record_has_are_named_with_those_there_are() {
    says("$(container_nme)", &["did you mean $(container_name)?"]);
    says("$(cluster_name)", &["did you mean $(ecs_cluster)?"]);
    says("$(task_id)", &["did you mean $(ecs_task_id)?"]);
    says("$(container)", &["did you mean $(container_name)?"]);
    says("$(ecs_zone)", &["known are account, class, container_id"]);
    says("$(level:-none)", &["write level auto"]);
    says("$(level)\n    level auto", &[]);
    says("$(detail.group)/$(tag[0])/$(ecs_task_family)", &[]);
    let filtered = said(
        "x",
        "[SERVICE]\n    Grace 30\n    Plugins_File p\n    Parsers_File p\n[FILTER]\n    Name parser\n    Match *\n    Key_Name log\n    Parser p\n    Reserve_Data On\n[OUTPUT]\n    \
         Name ecs_router\n    Match *-firelens-*\n    Workers 1\n    Retry_Limit no_limits\n    route.default cloudwatch\n    \
         cloudwatch.log_group g\n    cloudwatch.log_stream $(level)\n",
    );
    assert_eq!(filtered, [""; 0], "a parser adds fields");
}

#[test]
fn firelens_tags_have_no_parts() {
    let text = "[SERVICE]\n    Grace 30\n    Plugins_File p\n[OUTPUT]\n    Name ecs_router\n    Match *-firelens-*\n    Workers 1\n    \
                Retry_Limit no_limits\n    route.default cloudwatch\n    cloudwatch.log_group g\n    cloudwatch.log_stream $(tag[1])\n";
    assert!(said("x", text)[0].contains("have no dots"));
    let own = format!(
        "[INPUT]\n    Name tail\n    Path /x\n    Tag app.*\n{}",
        text.replace("*-firelens-*", "app.*")
    );
    assert_eq!(said("x", &own), [""; 0]);
}

#[test]
fn a_field_where_none_is_read_is_reported() {
    let found = of_lines("    route.default http\n    http.url https://x.example/$(container_name)\n");
    assert!(
        found.iter().any(|line| line.contains("http.url: $(container_name) is taken literally")),
        "{found:?}"
    );
}
