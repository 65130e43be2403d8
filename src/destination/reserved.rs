//! Names that a destination writes itself, beside the fields of a record.
//!
//! A record's own field of such a name is written under another, so that neither is lost and no name occurs twice.

use crate::input::record::Field;

const PREFIX: &[u8] = b"record_";

/// `record_<name>`, with as many prefixes as it takes to differ from every other field of the record.
pub(super) fn renamed(name: &[u8], fields: &[Field<'_>]) -> Vec<u8> {
    let is_taken = |count: &usize| fields.iter().any(|field| prefixes(field, name) == Some(*count));
    let count = (1..).find(|count| !is_taken(count)).unwrap_or(1);
    [PREFIX.repeat(count).as_slice(), name].concat()
}

/// How often the prefix comes before `name` in the field's key.
fn prefixes(field: &Field<'_>, name: &[u8]) -> Option<usize> {
    let before = field.key.text()?.strip_suffix(name)?;
    before.chunks(PREFIX.len()).all(|part| part == PREFIX).then_some(before.len() / PREFIX.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::record::Value;

    fn renamed_beside(names: &[&'static str]) -> String {
        let field = |name: &&'static str| Field { key: Value::Text(name.as_bytes()), value: Value::Nil };
        let fields: Vec<_> = names.iter().map(field).collect();
        String::from_utf8(renamed(b"date", &fields)).unwrap()
    }

    #[test]
    fn the_new_name_is_that_of_no_other_field() {
        assert_eq!(renamed_beside(&["date", "recorddate", "xecord_date", "record_"]), "record_date");
        assert_eq!(renamed_beside(&["date", "record_date"]), "record_record_date");
        assert_eq!(renamed_beside(&["record_record_date", "date"]), "record_date");
        assert_eq!(
            renamed_beside(&["record_record_date", "date", "record_date"]),
            "record_record_record_date"
        );
    }
}
