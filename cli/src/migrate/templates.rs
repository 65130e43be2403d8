//! Names in the templates of built-in outputs, as ours write them.

/// `$TAG`, `$TAG[1]`, `$UUID` and `$field`; `None` for what has no counterpart.
pub(super) fn names(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        // Variables of Fluent Bit and templates of the plugins in Go are written as ours.
        if let Some(opening) = after.chars().next().filter(|first| matches!(first, '{' | '(')) {
            let closing = if opening == '{' { '}' } else { ')' };
            let end = after.find(closing)? + 1;
            out.push('$');
            out.push_str(after.get(..end)?);
            rest = after.get(end..)?;
            continue;
        }
        let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
        let name = after.get(..end).filter(|name| !name.is_empty())?;
        rest = after.get(end..)?;
        out.push_str(&match name {
            "TAG" => format!("$(tag{})", part(&mut rest)?),
            "UUID" => "$(uuid)".to_owned(),
            "INDEX" => return None,
            // `$kubernetes['namespace']` has no counterpart.
            _ if rest.starts_with('[') => return None,
            field => format!("$({field})"),
        });
    }
    out.push_str(rest);
    Some(out)
}

/// `[1]` after `$TAG`, if it is there.
fn part<'r>(rest: &mut &'r str) -> Option<&'r str> {
    if !rest.starts_with('[') {
        return Some("");
    }
    let end = rest.find(']')? + 1;
    let part = rest.get(..end)?;
    *rest = rest.get(end..)?;
    Some(part)
}

/// An object's key; whether minutes or seconds were left out of it.
pub(super) fn object_key(format: &str) -> Option<(String, bool)> {
    let mut key = format.trim_start_matches('/').to_owned();
    let before = key.len();
    for time in ["%M", "%S"] {
        while let Some(position) = key.find(time) {
            // The separator in front of it goes as well.
            let start = key.get(..position).and_then(|head| head.rfind(|c: char| !"/-_.:".contains(c)));
            let start = start.map_or(position, |last| last + 1).max(position.saturating_sub(1));
            let end = position + time.len();
            key.replace_range(start..end, "");
        }
    }
    let is_shorter = key.len() < before;
    let mut key = names(&key)?;
    if !key.contains("$(uuid)") {
        key = match key.rsplit_once('.').filter(|(_, extension)| is_extension(extension)) {
            Some((head, extension)) => format!("{head}-$(uuid).{extension}"),
            None => format!("{}/$(uuid)", key.trim_end_matches('/')),
        };
    }
    Some((key, is_shorter))
}

fn is_extension(text: &str) -> bool {
    (1..=8).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_ours_or_are_refused() {
        for (text, expected) in [
            ("web", Some("web")),
            ("a/$TAG/$TAG[1]-x", Some("a/$(tag)/$(tag[1])-x")),
            ("$container_name.$UUID", Some("$(container_name).$(uuid)")),
            ("${REGION}/$(ecs_task_id)", Some("${REGION}/$(ecs_task_id)")),
            ("$kubernetes['pod_name']", None),
            ("$INDEX", None),
            ("costs 5 $", None),
        ] {
            assert_eq!(names(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn object_keys_stop_at_the_hour_and_have_a_uuid() {
        for (format, key, is_shorter) in [
            ("/fluent-bit-logs/$TAG/%Y/%m/%d/%H/%M/%S", "fluent-bit-logs/$(tag)/%Y/%m/%d/%H/$(uuid)", true),
            ("/a/%Y/%H-%M-%S/$UUID.gz", "a/%Y/%H/$(uuid).gz", true),
            ("/a/%Y/x.json", "a/%Y/x-$(uuid).json", false),
            ("logs/%H%M%S.txt", "logs/%H-$(uuid).txt", true),
        ] {
            assert_eq!(object_key(format), Some((key.to_owned(), is_shorter)), "{format}");
        }
        assert_eq!(object_key("/a/$INDEX"), None);
    }
}
