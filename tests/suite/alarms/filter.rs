//! A filter pattern as CloudWatch Logs reads it: what the examples use of it, and a fault at anything else.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html> (read 2026-11):
//! `{ ($.a = "text") && (($.b > 3) || ($.c NOT EXISTS)) }`; `*` in a text stands for anything.

use regex::Regex;
use serde_json::Value;

/// A parsed pattern.
#[derive(Debug)]
pub(super) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Is(String, Regex),
    IsMore(String, f64),
    Lacks(String),
}

impl Filter {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).ok_or("no braces")?;
        let tokens = Regex::new(r#"\$[\w.]+|"[^"]*"|&&|\|\||NOT EXISTS|[()=>]|\d+"#).unwrap();
        let rest = tokens.replace_all(inner, "");
        if !rest.trim().is_empty() {
            return Err(format!("teach this test {rest}"));
        }
        let tokens: Vec<&str> = tokens.find_iter(inner).map(|token| token.as_str()).collect();
        let mut tokens = tokens.into_iter().peekable();
        let filter = Self::any(&mut tokens)?;
        tokens.next().map_or(Ok(filter), |token| Err(format!("{token} is left over")))
    }

    fn any<'t>(tokens: &mut std::iter::Peekable<impl Iterator<Item = &'t str>>) -> Result<Self, String> {
        let mut parts = vec![Self::all(tokens)?];
        while tokens.next_if_eq(&"||").is_some() {
            parts.push(Self::all(tokens)?);
        }
        Ok(Self::Any(parts))
    }

    fn all<'t>(tokens: &mut std::iter::Peekable<impl Iterator<Item = &'t str>>) -> Result<Self, String> {
        let mut parts = vec![Self::one(tokens)?];
        while tokens.next_if_eq(&"&&").is_some() {
            parts.push(Self::one(tokens)?);
        }
        Ok(Self::All(parts))
    }

    fn one<'t>(tokens: &mut std::iter::Peekable<impl Iterator<Item = &'t str>>) -> Result<Self, String> {
        let first = tokens.next().ok_or("it ends too early")?;
        if first == "(" {
            let inner = Self::any(tokens)?;
            return tokens.next_if_eq(&")").map(|_| inner).ok_or_else(|| "a bracket is open".to_owned());
        }
        let field = first.strip_prefix("$.").ok_or_else(|| format!("{first} is no field"))?.to_owned();
        match (tokens.next(), tokens.next_if(|token| !matches!(*token, ")" | "&&" | "||"))) {
            (Some("NOT EXISTS"), None) => Ok(Self::Lacks(field)),
            (Some("="), Some(text)) if text.starts_with('"') => Ok(Self::Is(field, wildcard(text))),
            (Some(">"), Some(number)) => {
                number.parse().map(|number| Self::IsMore(field, number)).map_err(|_| number.into())
            }
            other => Err(format!("teach this test {other:?}")),
        }
    }

    pub(super) fn matches(&self, record: &Value) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.matches(record)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(record)),
            Self::Is(field, text) => {
                get(record, field).and_then(Value::as_str).is_some_and(|found| text.is_match(found))
            }
            Self::IsMore(field, number) => {
                get(record, field).and_then(Value::as_f64).is_some_and(|found| found > *number)
            }
            Self::Lacks(field) => get(record, field).is_none(),
        }
    }
}

fn get<'r>(record: &'r Value, field: &str) -> Option<&'r Value> {
    field.split('.').try_fold(record, |value, name| value.get(name))
}

fn wildcard(quoted: &str) -> Regex {
    let parts: Vec<_> = quoted.trim_matches('"').split('*').map(regex::escape).collect();
    Regex::new(&format!("^{}$", parts.join(".*"))).unwrap()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pattern_is_read_as_cloudwatch_reads_it() {
        let record = json!({"ecs_stop": {"severity": "error"}, "exit_code": 137, "update": true});
        for (pattern, matches) in [
            (r#"{ $.ecs_stop.severity = "error" }"#, true),
            (r#"{ $.ecs_stop.severity = "err*" }"#, true),
            (r#"{ $.ecs_stop.severity = "warning" }"#, false),
            (r#"{ $.severity = "*" }"#, false),
            ("{ $.exit_code > 136 }", true),
            ("{ $.exit_code > 137 }", false),
            ("{ $.update NOT EXISTS }", false),
            (r#"{ ($.exit_code > 0) && (($.severity NOT EXISTS) || ($.update = "x")) }"#, true),
        ] {
            assert_eq!(Filter::parse(pattern).unwrap().matches(&record), matches, "{pattern}");
        }
        for wrong in ["$.a = 1", "{ $.a }", "{ ($.a > 1 }", r#"{ $.a ~ "x" }"#, "{ $.a > 1 ) }"] {
            assert!(Filter::parse(wrong).is_err(), "{wrong}");
        }
    }
}
