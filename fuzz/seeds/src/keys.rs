//! Configurations from the tables of keys in docs/keys.md, which are generated from the plugin's own table.

use std::collections::BTreeSet;

const KEYS: &str = include_str!("../../../docs/keys.md");

/// Configurations, and the words in them.
pub fn from_tables() -> (Vec<String>, BTreeSet<String>) {
    let mut tables = KEYS.split("\n## ").skip(1);
    let output = rows(tables.next().unwrap());
    let common = rows(tables.next().unwrap());
    let mut configurations = vec![lines("", &output)];
    for table in tables {
        let kind = table.split('`').nth(1).unwrap();
        let own = rows(table);
        let head = format!("region eu-west-1\nroute.default d\nd.type {kind}\n");
        configurations.push(format!("{head}{}", lines("d.", &own)));
        configurations.push(format!("{head}{}{}", lines("d.", &common[2..]), lines("d.", &own)));
        // Each key alone, too, so that no key hides what another does.
        configurations
            .extend(own.iter().map(|row| format!("{head}{}", lines("d.", std::slice::from_ref(row)))));
    }
    configurations.extend(VALID.map(str::to_owned));
    let words = words(&configurations);
    (configurations, words)
}

const SECRET: &str = "https://hooks.slack.com/services/T0/B0/?x=s3cr3t-7d1f";

/// Configurations without problems, so that the target gets beyond reading.
const VALID: [&str; 4] = [
    "region eu-west-1\nroute.default cloudwatch, s3\ncloudwatch.log_group /ecs/$(class)\ns3.bucket my-logs\n",
    "route.default datadog, file\ndatadog.api_key s3cr3t-7d1f\nfile.path /tmp/$(tag).log\nclasses a\nclass.a.match log ^GET\n",
    "route.stderr http\nroute.stdout drop\nroute.stop slack\nhttp.url https://logs.example.com\nslack.webhook_url https://hooks.slack.com/services/T/B/s3cr3t-7d1f\n",
    "route.default otlp, newrelic\notlp.endpoint http://localhost:4318\nnewrelic.license_key s3cr3t-7d1f-67890123456789012345678901NRAL\n",
];

/// Key and example of each row.
fn rows(table: &str) -> Vec<(String, String)> {
    let row = |line: &str| {
        let key = line.strip_prefix("| `")?.split('`').next()?;
        let example = line.trim_end().strip_suffix("` |")?.rsplit('`').next()?;
        // The target recognises this text when a secret shows.
        let example = if line.contains("secret |") { SECRET.to_owned() } else { example.replace("\\|", "|") };
        Some((key.replace("<class>", "health"), example))
    };
    table.lines().filter_map(row).collect()
}

fn lines(prefix: &str, rows: &[(String, String)]) -> String {
    rows.iter().map(|(key, example)| format!("{prefix}{key} {example}\n")).collect()
}

fn words(configurations: &[String]) -> BTreeSet<String> {
    let lines = configurations.iter().flat_map(|text| text.lines());
    lines
        .filter_map(|line| line.split_once(' '))
        .flat_map(|(key, value)| [key.to_owned(), value.to_owned()])
        .collect()
}
