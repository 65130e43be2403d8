//! One value's text → its type. Pure; the spellings users may write are decided here and nowhere else.

use std::time::Duration;

use super::error::ConfigError;

/// Fluent Bit's own spellings of a boolean (`flb_utils_bool`) and no others.
pub(super) fn flag(text: &str) -> Result<bool, ConfigError> {
    match text.to_ascii_lowercase().as_str() {
        "on" | "true" | "yes" => Ok(true),
        "off" | "false" | "no" => Ok(false),
        _ => Err(ConfigError::NotAFlag(text.to_owned())),
    }
}

/// `500ms`, `10s`, `5m`, `1h`, `7d`; a bare number counts seconds.
pub(super) fn duration(text: &str) -> Result<Duration, ConfigError> {
    let (number, unit) =
        split_unit(text).ok_or_else(|| ConfigError::malformed("duration such as 10s, 500ms or 5m", text))?;
    let milliseconds: u64 = match unit {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(ConfigError::malformed("duration such as 10s, 500ms or 5m", text)),
    };
    number
        .checked_mul(milliseconds)
        .map(Duration::from_millis)
        .ok_or_else(|| ConfigError::malformed("duration this long", text))
}

/// `512`, `64k`, `10M`, `1G` (powers of 1,000, as Fluent Bit counts) or `64KiB`, `5MiB`, `1GiB` (powers of 1,024).
pub(super) fn size(text: &str) -> Result<u64, ConfigError> {
    let (number, unit) =
        split_unit(text).ok_or_else(|| ConfigError::malformed("size such as 64k, 10M or 5MiB", text))?;
    let factor: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return Err(ConfigError::malformed("size such as 64k, 10M or 5MiB", text)),
    };
    number.checked_mul(factor).ok_or_else(|| ConfigError::malformed("size this large", text))
}

pub(super) fn number(text: &str) -> Result<u64, ConfigError> {
    text.parse().map_err(|_| ConfigError::malformed("whole number", text))
}

/// A whole number of 1 or more.
pub(super) fn count(text: &str) -> Result<usize, ConfigError> {
    match number(text)? {
        0 => Err(ConfigError::Zero),
        number => usize::try_from(number).map_err(|_| ConfigError::TooLarge),
    }
}

/// One of `words`, in their spelling.
pub(super) fn choice(text: &str, words: &'static [&'static str]) -> Result<&'static str, ConfigError> {
    let word = words.iter().find(|word| word.eq_ignore_ascii_case(text));
    word.copied().ok_or_else(|| ConfigError::UnknownWord { text: text.to_owned(), words })
}

/// A comma-separated list; empty items are dropped.
pub(super) fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

/// `name=value, name=value`.
pub(super) fn pairs(text: &str) -> Result<Vec<(String, String)>, ConfigError> {
    list(text).into_iter().map(pair).collect()
}

fn pair(item: String) -> Result<(String, String), ConfigError> {
    match item.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err(ConfigError::NotAPair(item)),
    }
}

fn split_unit(text: &str) -> Option<(u64, &str)> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    Some((number.parse().ok()?, unit.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans_take_fluent_bits_spellings_only() {
        for (text, value) in
            [("on", true), ("On", true), ("TRUE", true), ("yes", true), ("off", false), ("no", false)]
        {
            assert_eq!(flag(text).unwrap(), value);
        }
        assert_eq!(flag("1").unwrap_err().to_string(), "'1' is neither on nor off");
        assert!(flag("enable").is_err());
    }

    #[test]
    fn durations_have_units() {
        for (text, milliseconds) in
            [("10", 10_000), ("10s", 10_000), ("500ms", 500), ("5m", 300_000), ("1 h", 3_600_000)]
        {
            assert_eq!(duration(text).unwrap(), Duration::from_millis(milliseconds), "{text}");
        }
        for text in ["", "s", "-1s", "1.5s", "10x", "99999999999999999999s", "18446744073709551615d"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_count_as_fluent_bit_does() {
        for (text, bytes) in
            [("512", 512), ("64k", 64_000), ("10M", 10_000_000), ("5MiB", 5 << 20), ("1G", 1_000_000_000)]
        {
            assert_eq!(size(text).unwrap(), bytes, "{text}");
        }
        assert!(size("10 apples").is_err());
    }

    #[test]
    fn lists_and_pairs_forgive_spaces() {
        assert_eq!(list(" a, b ,,c "), ["a", "b", "c"]);
        assert_eq!(
            pairs("team = web, env=prod").unwrap(),
            [("team".into(), "web".into()), ("env".into(), "prod".into())]
        );
        assert!(pairs("novalue").is_err());
    }
}
