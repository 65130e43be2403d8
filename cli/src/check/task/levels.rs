//! Keys that ECS has, but on another level: `options` beside `logConfiguration` instead of in it.

use super::keys::{CONTAINER_KEYS, FIRELENS_KEYS, LOG_KEYS, TASK_KEYS};
use super::member_shapes;
use crate::check::is_key_of_host;
use crate::config::{MapEntry, Origin};

/// Keys that mean something else in each map, so that they tell nothing about where they belong.
const KEYS_OF_MANY: [&str; 10] =
    ["name", "type", "value", "key", "options", "command", "hostname", "image", "user", "host"];

/// The map that a key stands in, and the keys that it may have.
#[derive(Debug, Clone, Copy)]
pub(super) struct KeyLevel<'k> {
    name: &'k str,
    pub(super) known: &'k [&'k str],
}

/// What a key is not, where it belongs, and what to do.
#[derive(Debug)]
pub(super) struct Misplaced {
    place: String,
    home: String,
    instead: String,
}

impl Misplaced {
    fn new(place: &str, home: impl Into<String>, instead: impl Into<String>) -> Self {
        Self { place: place.to_owned(), home: home.into(), instead: instead.into() }
    }

    pub(super) fn message(&self) -> String {
        let Self { place, home, .. } = self;
        format!("is not a key of {place}, where ECS refuses it or leaves it out: it belongs {home}")
    }

    pub(super) fn instead(self) -> String {
        self.instead
    }
}

impl<'k> KeyLevel<'k> {
    pub(super) const TASK: Self = Self { name: "task", known: &TASK_KEYS };
    pub(super) const CONTAINER: Self = Self { name: "container", known: &CONTAINER_KEYS };
    pub(super) const LOGGING: Self = Self { name: "logConfiguration", known: &LOG_KEYS };
    pub(super) const FIRELENS: Self = Self { name: "firelensConfiguration", known: &FIRELENS_KEYS };

    /// The options of a log driver, whose names ECS does not know.
    pub(super) const OPTIONS: Self = Self { name: "options", known: &[] };

    /// One of the maps inside a container, or inside the task.
    pub(super) const fn map(name: &'k str, known: &'k [&'k str]) -> Self {
        Self { name, known }
    }

    /// Where a key that this map does not have belongs. `written` gives a name the case of the file.
    pub(super) fn misplaced(self, entry: &MapEntry, written: &impl Fn(&str) -> String) -> Option<Misplaced> {
        if has(self.known, &entry.key) {
            return None;
        }
        match self.name {
            "task" => in_task(entry, written),
            "container" => in_container(entry, written),
            "options" => Some(beside_options(written)),
            name => in_map(name, entry, written),
        }
    }
}

fn has(keys: &[&str], key: &str) -> bool {
    keys.iter().any(|known| known.eq_ignore_ascii_case(key))
}

fn in_task(entry: &MapEntry, written: &impl Fn(&str) -> String) -> Option<Misplaced> {
    let key = entry.key.as_str();
    let containers = written("containerDefinitions");
    if key.eq_ignore_ascii_case("name") {
        let instead = format!("write {} for the name of the task", written("family"));
        return Some(Misplaced::new("the task", "in a container", instead));
    }
    let map = has(&LOG_KEYS, key)
        .then_some("logConfiguration")
        .or_else(|| map_with(key, member_shapes::of_container));
    if let Some(map) = map.filter(|_| !has(&CONTAINER_KEYS, key)) {
        let map = written(map);
        let instead = format!("move it into {map} of a container of {containers}");
        return Some(Misplaced::new("the task", format!("in {map} of a container"), instead));
    }
    if has(&CONTAINER_KEYS, key) {
        let instead = format!("move it into a container of {containers}");
        return Some(Misplaced::new("the task", "in a container", instead));
    }
    map_with(key, member_shapes::of_task).map(|map| inside("the task", &written(map)))
}

fn in_container(entry: &MapEntry, written: &impl Fn(&str) -> String) -> Option<Misplaced> {
    let key = entry.key.as_str();
    if has(&TASK_KEYS, key) {
        let beside = format!("write it beside {}", written("containerDefinitions"));
        let instead = match key.eq_ignore_ascii_case("volumes") {
            true => format!("{beside}, and in the container {}", written("mountPoints")),
            false => beside,
        };
        return Some(Misplaced::new("a container", "to the task", instead));
    }
    let map = if is_of_firelens(entry) {
        Some("firelensConfiguration")
    } else if has(&LOG_KEYS, key) {
        Some("logConfiguration")
    } else {
        map_with(key, member_shapes::of_container)
    };
    map.map(|map| inside("a container", &written(map)))
}

/// Keys inside `logConfiguration`, `healthCheck` and the like.
fn in_map(map: &str, entry: &MapEntry, written: &impl Fn(&str) -> String) -> Option<Misplaced> {
    let key = entry.key.as_str();
    let map = written(map);
    let has_options = has(&["logConfiguration", "firelensConfiguration"], &map);
    if has_options && is_option(key) {
        let instead = format!("move it into {} of {map}", written("options"));
        return Some(Misplaced::new(&map, format!("in its {}", written("options")), instead));
    }
    if has(&KEYS_OF_MANY, key) {
        return None;
    }
    if has(&CONTAINER_KEYS, &map) && has(&CONTAINER_KEYS, key) {
        return Some(Misplaced::new(&map, "to the container", format!("write it beside {map}")));
    }
    let beside = format!("write it beside {}", written("containerDefinitions"));
    has(&TASK_KEYS, key).then(|| Misplaced::new(&map, "to the task", beside))
}

fn beside_options(written: &impl Fn(&str) -> String) -> Misplaced {
    let (options, logging) = (written("options"), written("logConfiguration"));
    Misplaced::new(&options, format!("in {logging}"), format!("write it beside {options}"))
}

fn inside(place: &str, map: &str) -> Misplaced {
    Misplaced::new(place, format!("in {map}"), format!("move it into {map}"))
}

/// The map that has this member and no other meaning for it.
fn map_with(key: &str, find: impl Fn(&str) -> Option<&'static str>) -> Option<&'static str> {
    if has(&KEYS_OF_MANY, key) { None } else { find(key) }
}

/// `type` and `options` of a log router.
fn is_of_firelens(entry: &MapEntry) -> bool {
    let is_router = |text: &str| matches!(text, "fluentbit" | "fluentd");
    let is_option =
        |option: &MapEntry| option.key.starts_with("config-file-") || option.key.starts_with("enable-ecs-");
    match entry.key.to_ascii_lowercase().as_str() {
        "type" => entry.value.text().is_some_and(is_router),
        "options" => entry.value.entries().iter().any(is_option),
        _ => false,
    }
}

/// Names of options have hyphens and dots, which no key of ECS has, or are Fluent Bit's.
fn is_option(key: &str) -> bool {
    key.contains(['-', '.']) || is_key_of_host(Origin::FireLens, key)
}

#[cfg(test)]
mod tests {
    use crate::check::task::tests::{assert_says, said, task, template};

    fn has(text: &str, part: &str) {
        let lines = said(text);
        assert!(
            lines.iter().any(|line| line.contains(": error: ") && line.contains(part)),
            "{part}: {lines:#?}"
        );
    }

    #[test]
    fn a_key_on_the_wrong_level_is_told_its_place() {
        for (keys, app, part) in [
            ("", r#""secretOptions": [],"#, "secretOptions: is not a key of a container"),
            ("", r#""logDriver": "awslogs","#, "move it into logConfiguration"),
            (
                "",
                r#""networkMode": "awsvpc","#,
                "it belongs to the task; write it beside containerDefinitions",
            ),
            (
                "",
                r#""volumes": [{"name": "v"}],"#,
                "beside containerDefinitions, and in the container mountPoints",
            ),
            ("", r#""startPeriod": 5,"#, "it belongs in healthCheck; move it into healthCheck"),
            (
                "",
                r#""healthCheck": {"command": ["CMD", "x"], "essential": true},"#,
                "write it beside healthCheck",
            ),
            (r#""essential": true,"#, "", "essential: is not a key of the task"),
            (r#""logDriver": "awslogs","#, "", "in logConfiguration of a container"),
            (r#""name": "web","#, "", "write family for the name of the task"),
            (r#""cpuArchitecture": "ARM64","#, "", "move it into runtimePlatform"),
            (r#""runtimePlatform": {"pidMode": "task"},"#, "", "write it beside containerDefinitions"),
        ] {
            assert_says(&task(keys, app, ""), "error", part);
        }
        for (app, part) in [
            (r#""type": "fluentbit","#, "move it into firelensConfiguration"),
            (r#""options": {"Name": "ecs_router"},"#, "options: is not a key of a container"),
            (r#""options": {"config-file-type": "file"},"#, "move it into firelensConfiguration"),
        ] {
            has(&task("", app, ""), part);
        }
    }

    #[test]
    fn what_belongs_in_the_options_or_beside_them_is_told_its_place() {
        let right = task("", "", "");
        let in_logging = right.replace(r#""awsfirelens", "#, r#""awsfirelens", "route.stderr": "stdout", "#);
        assert_says(
            &in_logging,
            "error",
            "it belongs in its options; move it into options of logConfiguration",
        );
        let named = right.replace(r#""awsfirelens", "#, r#""awsfirelens", "Retry_Limit": "5", "#);
        assert_says(&named, "error", "move it into options of logConfiguration");
        let firelens = r#""type": "fluentbit", "enable-ecs-log-metadata": "true","#;
        let in_firelens = right.replace(r#""type": "fluentbit","#, firelens);
        assert_says(&in_firelens, "error", "move it into options of firelensConfiguration");
        let secret = r#""secretOptions": [{"name": "http.bearer_token", "valueFrom": "token"}], "Workers""#;
        let url = r#""route.default": "http", "http.url": "https://a.example/in""#;
        let in_options = right.replace("\"Workers\"", secret).replace(r#""route.default": "stdout""#, url);
        assert_says(&in_options, "error", "it belongs in logConfiguration; write it beside options");
        let secrets = right.replace(r#""awsfirelens", "#, r#""awsfirelens", "secrets": [], "#);
        assert_says(&secrets, "error", "did you mean secretOptions?");
    }

    #[test]
    fn a_template_names_the_place_in_its_own_case() {
        let text = template("Properties", "http.url: https://x/")
            .replace("Image: x", "Image: x\n          Options: {Name: ecs_router}");
        assert_says(&text, "error", "move it into LogConfiguration");
    }
}
