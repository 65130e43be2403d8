//! Forms in which what a rule is for also stands, on purpose or by the way of a log.

use serde_json::json;

use super::*;

/// Whoever reads a line undoes its escapes, and so must whoever masks it.
#[test]
fn escapes_hide_nothing() {
    for (text, expected) in [
        // Behind an escape, whose letter is none.
        (r#"{"m":"card:\n4111111111111111"}"#, r#"{"m":"card:\n[card]"}"#),
        (r#"{"m":"card:\t4111 1111 1111 1111"}"#, r#"{"m":"card:\t[card]"}"#),
        (r#"{"m":"{\"n\":\"\\n4111111111111111\"}"}"#, r#"{"m":"{\"n\":\"\\n[card]\"}"}"#),
        // Characters that need no escape.
        (r#"{"m":"\u0034111111111111111"}"#, r#"{"m":"[card]"}"#),
        (r#"{"m":"\u0065yJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"}"#, r#"{"m":"[jwt]"}"#),
        (r#"{"m":"\u0041KIAIOSFODNN7EXAMPLE"}"#, r#"{"m":"[aws_key]"}"#),
        (r#"{"m":"10\u002e0.0\u002E1"}"#, r#"{"m":"[ipv4]"}"#),
        // Names.
        (r#"{"p\u0061ssword":"hunter2"}"#, r#"{"p\u0061ssword":"[secret]"}"#),
        // JSON that is cut, goes on or comes after braces; quoted texts.
        (r#"{"a":"me\u0040example.com","b":"#, r#"{"a":"[email]","b":"#),
        (r#"{"a":"\n4111111111111111"} done"#, r#"{"a":"\n[card]"} done"#),
        (r#"{id} {"a":"me\u0040example.com"}"#, r#"{id} {"a":"[email]"}"#),
        (r#"level=info msg="of\n4111111111111111""#, r#"level=info msg="of\n[card]""#),
        (r#"body="{\"card\":4111111111111111}""#, r#"body="{\"card\":[card]}""#),
    ] {
        assert_eq!(masked(text), expected, "{text}");
    }
}

#[test]
fn patterns_of_the_users_see_json_behind_words_and_numbers() {
    let redactor = redactor(vec![pattern("customer", "^c-[0-9]{4}$"), pattern("number", "^77[0-9]{6}$")]);
    for (text, expected) in [
        (r#"got {"a":"c-1234"}"#, r#"got {"a":"[customer]"}"#),
        (r#"got {"a":"c\u002d1234"}"#, r#"got {"a":"[customer]"}"#),
        (r#"{"n":77123456}"#, r#"{"n":"[number]"}"#),
    ] {
        assert_eq!(masked_by(&redactor, text), (expected.to_owned(), 1));
    }
    let given = json!({"n": 77123456, "list": [77123456.0, -77123456, 1], "log": "c-1234"});
    let expected = json!({"n": "[number]", "list": ["[number]", -77123456, 1], "log": "[customer]"});
    assert_eq!(record(&redactor, &given), (expected, 3));
}

#[test]
fn cards_that_a_program_made_a_float_are_cards() {
    let given = json!({"card": 4111111111111111.0, "map": {"list": [4111111111111111.0]}, "ratio": 4111111111111111.5});
    let expected = json!({"card": "[card]", "map": {"list": ["[card]"]}, "ratio": 4111111111111111.5});
    assert_eq!(record(&redactor(all_rules()), &given), (expected, 2));
    assert_eq!(masked(r#"{"card":4111111111111111.0,"n":1.50}"#), r#"{"card":"[card]","n":1.50}"#);
}

/// Headers are lists in many languages.
#[test]
fn what_a_secret_list_holds_is_secret() {
    assert_eq!(
        masked(r#"{"X-Api-Key":["hunter2",["b"]],"a":["b",{"token":[1],"c":"d"},"e"],"f":"g"}"#),
        r#"{"X-Api-Key":["[secret]",["[secret]"]],"a":["b",{"token":["[secret]"],"c":"d"},"e"],"f":"g"}"#
    );
    let given = json!({"headers": {"Cookie": ["sid=1"], "Accept": ["*/*"]}});
    let expected = json!({"headers": {"Cookie": ["[secret]"], "Accept": ["*/*"]}});
    assert_eq!(record(&redactor(all_rules()), &given), (expected, 1));
}

#[test]
fn bytes_that_are_no_text_end_no_secret() {
    for (text, expected) in [
        (&b"password=hun\xffter2 x"[..], &b"password=[secret] x"[..]),
        (b"password=\xffhunter2", b"password=[secret]"),
        (b"\xffdb postgres://web:p\xe4ss@db/x", b"\xffdb postgres://[url_password]@db/x"),
    ] {
        let masked = redactor(all_rules()).text(text, &mut [0; 16]);
        assert_eq!(masked.as_deref(), Some(expected), "{}", text.escape_ascii());
    }
}

/// Access logs hold addresses, and many programs log the data of a form.
#[test]
fn escapes_of_addresses_hide_nothing() {
    for (text, expected) in [
        ("GET /reset?email=me%40example.com&x=1", "GET /reset?email=[email]&x=1"),
        ("email%3Dme%40example.com%26x%3D1", "email%3D[email]%26x%3D1"),
        ("twice me%2540example.com", "twice [email]"),
        ("card=4111+1111+1111+1111&x=1", "card=[card]&x=1"),
        ("card=4111%201111%201111%201111", "card=[card]"),
        ("next=%2Fcb%3Ftoken%3DeyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "next=%2Fcb%3Ftoken%3D[jwt]"),
        ("key%3DAKIAIOSFODNN7EXAMPLE%2F2026", "key%3D[secret]"),
        ("id%3AAKIAIOSFODNN7EXAMPLE%2F2026", "id%3A[aws_key]%2F2026"),
        ("h=Bearer%20abc.def1", "h=Bearer%20[bearer]"),
        ("ip%3A203.0.113.7%3A443", "ip%3A[ipv4]%3A443"),
        ("from=%5B2001%3Adb8%3A%3A1%5D", "from=%5B[ipv6]%5D"),
        ("to=postgres%3A%2F%2Fweb%3Ahunter2%40db%2Fapp", "to=postgres%3A%2F%2F[url_password]%40db%2Fapp"),
        ("form=password%3Dhunter2%26x%3D1", "form=password%3D[secret]%26x%3D1"),
        ("json=%7B%22card%22%3A4111111111111111%7D", "json=%7B%22card%22%3A%22[card]%22%7D"),
        (r#"{"url":"/a?m=me%40example.com","n":1}"#, r#"{"url":"/a?m=[email]","n":1}"#),
        (r#"{"m":"got \"m=me%40example.com\""}"#, r#"{"m":"got \"m=[email]\""}"#),
        ("100%40 off", "100%40 off"),
        ("/wiki/%E6%97%A5%E6%9C%AC?a=%2Fb", "/wiki/%E6%97%A5%E6%9C%AC?a=%2Fb"),
    ] {
        assert_eq!(masked(text), expected, "{text}");
    }
}

/// As programs in Ruby, PHP and those that speak SOAP write what they hold.
#[test]
fn secrets_are_known_by_their_names_in_other_notations() {
    for (text, expected) in [
        (
            r#"Parameters: {"user"=>"me", "password"=>"hunter2"}"#,
            r#"Parameters: {"user"=>"me", "password"=>"[secret]"}"#,
        ),
        (r#"{:api_key => "hunter2"}"#, r#"{:api_key => "[secret]"}"#),
        ("['password' => 'hunter2']", "['password' => '[secret]']"),
        ("<password>hunter2</password>", "<password>[secret]</password>"),
        ("<wsse:Password>hun ter2</wsse:Password>", "<wsse:Password>[secret]</wsse:Password>"),
        ("<Key>logs/1.gz</Key>", "<Key>logs/1.gz</Key>"),
        ("if key > 3 and token>4", "if key > 3 and token>4"),
        ("-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQ\n-----END PGP PRIVATE KEY BLOCK-----", "[private_key]"),
        ("with glptt-0123456789abcdefghij and rk_live_0123456789", "with [vendor_token] and [vendor_token]"),
        ("glob-loader-plugin-of-webpack", "glob-loader-plugin-of-webpack"),
    ] {
        assert_eq!(masked(text), expected, "{text}");
    }
}

/// Programs colour what they log, and whoever shows the line takes the colours out.
#[test]
fn colours_and_what_nobody_sees_hide_nothing() {
    for (text, expected) in [
        ("\u{1b}[36mpassword\u{1b}[0m=hunter2", "\u{1b}[36mpassword\u{1b}[0m=[secret]"),
        ("\u{1b}[33mAKIAIOSFODNN7EXAMPLE\u{1b}[0m", "\u{1b}[33m[aws_key]\u{1b}[0m"),
        ("\u{1b}[33m4111111111111111\u{1b}[0m", "\u{1b}[33m[card]\u{1b}[0m"),
        ("\u{1b}[36m10.20.30.40\u{1b}[0m", "\u{1b}[36m[ipv4]\u{1b}[0m"),
        ("\u{1b}[36mghp_0123456789abcdefghij0123456789abcdef\u{1b}[0m", "\u{1b}[36m[vendor_token]\u{1b}[0m"),
        ("\u{1b}[32mBearer abcdef0123456789", "\u{1b}[32mBearer [bearer]"),
        ("pass\u{ad}word=hunter2", "pass\u{ad}word=[secret]"),
        ("password\u{200b}=hunter2", "password\u{200b}=[secret]"),
        (r#"{"m":"\u001b[33m4111111111111111\u001b[39m"}"#, r#"{"m":"\u001b[33m[card]\u001b[39m"}"#),
        (r#"{"m":"password\u200b=hunter2"}"#, r#"{"m":"password\u200b=[secret]"}"#),
        (r#"{"card":"4111\u00a01111\u00a01111\u00a01111"}"#, r#"{"card":"[card]"}"#),
        (r#"{"card":"4111\u20111111\u20111111\u20111111"}"#, r#"{"card":"[card]"}"#),
        ("x=4111%C2%A01111%C2%A01111%C2%A01111", "x=[card]"),
    ] {
        assert_eq!(masked(text), expected, "{text:?}");
    }
    assert!(!masked("\u{1b}[36mpassword=\u{1b}[0mhunter2").contains("hunter2"));
}

#[test]
fn what_wraps_a_secret_is_masked_with_it() {
    for (text, expected) in [
        (r#"password: Some("hunter2") }"#, "password: [secret] }"),
        ("{'password': b'hunter2'}", "{'password': [secret]}"),
        (r#"{"X-Api-Key":["hunter2","hunter3"]} took 5ms"#, r#"{"X-Api-Key":[secret]} took 5ms"#),
        (r#"{"a":1}{"password":["hunter2"]}"#, r#"{"a":1}{"password":[secret]}"#),
        (r#"{"password":["hunter2""#, r#"{"password":[secret]"#),
        (r#"{"password":{"S":"hunter2"}} x"#, r#"{"password":[secret]} x"#),
        (r#"Authorization: Digest username="Mufasa", response="hunter2""#, "Authorization: [secret]"),
        (r#"Cookie: a="b"; session=hunter2"#, "Cookie: [secret]"),
        ("password='it''s secret'", "password='[secret]'"),
    ] {
        assert_eq!(masked(text), expected, "{text}");
        assert_eq!(masked(expected), expected, "{text}");
    }
}

#[test]
fn names_of_secrets_are_known_in_every_place() {
    for (text, expected) in [
        ("_authToken=npm_x", "_authToken=[secret]"),
        ("_password=hunter2", "_password=[secret]"),
        ("$_SECRET=hunter2", "$_SECRET=[secret]"),
        ("2fa_token=hunter2", "2fa_token=[secret]"),
        ("user[password]=hunter2&x=1", "user[password]=[secret]&x=1"),
        ("user%5Bpassword%5D=hunter2&x=1", "user%5Bpassword%5D=[secret]&x=1"),
        ("[password] => hunter2", "[password] => [secret]"),
        ("password\t=\thunter2", "password\t=\t[secret]"),
        ("\"password\":\t\"hunter2\", cut", "\"password\":\t\"[secret]\", cut"),
        (r#"<password type="plain">hunter2</password>"#, r#"<password type="plain">[secret]</password>"#),
        (r#"args=["--password","hunter2"]"#, r#"args=["--password","[secret]"]"#),
        (r#"{"args":["--password","hunter2","x"]}"#, r#"{"args":["--password","[secret]","x"]}"#),
    ] {
        assert_eq!(masked(text), expected, "{text}");
    }
    assert!(!masked(r#"PASSWORD="""hunter2""""#).contains("hunter2"));
    let given = json!({"args": ["--password", "hunter2", "x"]});
    let expected = json!({"args": ["--password", "[secret]", "x"]});
    assert_eq!(record(&redactor(all_rules()), &given), (expected, 1));
}

/// A byte of another encoding is no letter of a name that follows it.
#[test]
fn bytes_that_are_no_text_hide_no_name() {
    for (text, expected) in [
        (&b"\xffpwd=hunter2 x"[..], &b"\xffpwd=[secret] x"[..]),
        (b"\xa0pwd=hunter2", b"\xa0pwd=[secret]"),
        (b"\xe4pass=hunter2 \xe4 --token hun\xffter2", b"\xe4pass=[secret] \xe4 --token [secret]"),
        (b"{\"\xffpwd\":\"hunter2\"}", b"{\"\xffpwd\":\"[secret]\"}"),
    ] {
        let masked = redactor(all_rules()).text(text, &mut [0; 16]);
        assert_eq!(masked.as_deref(), Some(expected), "{}", text.escape_ascii());
    }
    assert_eq!(
        redactor(all_rules()).meaning_of_name(b"\xffpwd"),
        super::super::secret_names::NameMeaning::Secret
    );
}

/// Whatever stands between a name and a value, and however the value is written: where there is a mask, the value is in it.
#[test]
fn no_form_of_a_value_passes_behind_a_name() {
    let separators = [
        "=",
        " = ",
        "=>",
        " => ",
        ":=",
        " := ",
        "==",
        " == ",
        "<-",
        " <- ",
        "= =",
        "\t=\t",
        "=\u{3000}",
        "\u{2009}=\u{202f}",
    ];
    let names = [
        "password",
        "\"password\"",
        "['password']",
        "[password]",
        "`password`",
        "user.password",
        "DBPASS",
        "apikey1",
    ];
    let values = [
        "hunter2",
        "\"hunter2\"",
        "'hunter2'",
        "`hunter2`",
        "\\\"hunter2\\\"",
        "\"\"\"hunter2\"\"\"",
        "b'hunter2'",
        "r#\"hunter2\"#",
        "@\"hunter2\"",
        "&\"hunter2\"",
        "Some(\"hunter2\")",
        "Some(\n    \"hunter2\",\n)",
        "[\"hunter2\"]",
        "[ \"a\", \"hunter2\" ]",
        "{\"S\": \"hunter2\"}",
        "(hunter2)",
        "[hunter2]",
        "{hunter2}",
        "<hunter2>",
        "${hunter2}",
        "string(7) \"hunter2\"",
        "(string) (len=7) \"hunter2\"",
        "array(1) {\n  [0]=>\n  string(7) \"hunter2\"\n}",
        "new String(\"hunter2\")",
        "Password { text: \"hunter2\" }",
        "Password { text: \"hunter2\"",
        "'a'hunter2",
        "a\"hunter2",
        "a)hunter2",
        "=hunter2",
        "hun\u{fffd}hunter2",
    ];
    let fields = ["password", "passphrase", "\"password\"", "'client_secret'"];
    let colons = [":", ": ", " : ", ":\t", ":\u{3000}", ":\n  "];
    let equals = names.iter().flat_map(|name| separators.map(|separator| (*name, separator)));
    let all = equals.chain(fields.iter().flat_map(|name| colons.map(|colon| (*name, colon))));
    let texts = all.flat_map(|(name, separator)| values.map(|value| format!("a {name}{separator}{value}")));
    let leaks: Vec<(String, String)> =
        texts.map(|text| (masked(&text), text)).filter(|(masked, _)| masked.contains("hunter2")).collect();
    assert!(leaks.is_empty(), "{leaks:#?}");
}

#[test]
fn secrets_are_known_by_their_names_in_more_notations() {
    for (text, expected) in [
        (r"{\x22password\x22:\x22hunter2\x22}", r"{\x22password\x22:\x22[secret]\x22}"),
        (r"of me\x40example.com", "of [email]"),
        (r"b'\x70assword=hunter2'", r"b'\x70assword=[secret]'"),
        (r#"msg="\u{1b}[36mpassword\u{1b}[0m=hunter2""#, r#"msg="\u{1b}[36mpassword\u{1b}[0m=[secret]""#),
        ("[\"password\"]=>\n  string(7) \"hunter2\"\n}", "[\"password\"]=>\n  [secret]\n}"),
        ("password: |\n  hunter2 hunter3\n  hunter4\nother: 1", "password: |\n  [secret]\nother: 1"),
        ("a:\n  password: >-\n    hunter2\n  b: 1", "a:\n  password: >-\n    [secret]\n  b: 1"),
        ("password:\n  hunter2 hunter3\nother", "password:\n  [secret]\nother"),
        ("password:\n  length: 8", "password:\n  length: 8"),
        ("password:\nnext line", "password:\nnext line"),
        ("{\"password\":\n \"hunter2\", cut", "{\"password\":\n \"[secret]\", cut"),
        ("<password><![CDATA[hunter2]]></password>", "<password><![CDATA[[secret]]]></password>"),
        ("<a><password>hunter2", "<a><password>[secret]"),
        ("<password>hunter2<", "<password>[secret]<"),
        ("usage: login <user> <password>, then wait", "usage: login <user> <password>, then wait"),
        (
            "token2=hunter2 apikey1=hunter2 key1=hunter2 pass1=hunter2",
            "token2=[secret] apikey1=[secret] key1=[secret] pass1=[secret]",
        ),
        (
            "MYSQLPWD=hunter2 sshkey=hunter2 NO_AUTH_TOKEN=hunter2",
            "MYSQLPWD=[secret] sshkey=[secret] NO_AUTH_TOKEN=[secret]",
        ),
        (
            "bypass=1 compass=2 oldpwd=3 AUTH0_DOMAIN=4 --no-password x",
            "bypass=1 compass=2 oldpwd=3 AUTH0_DOMAIN=4 --no-password x",
        ),
        (
            r#"{"passwords":["hunter2"],"tokens":["hunter2",3]}"#,
            r#"{"passwords":["[secret]"],"tokens":["[secret]",3]}"#,
        ),
        (
            r#"{"tokens":12,"max_tokens":"12","keys":["a"],"key1":"b"}"#,
            r#"{"tokens":12,"max_tokens":"12","keys":["a"],"key1":"b"}"#,
        ),
        (r#"{"tokens":["hunter2", cut"#, r#"{"tokens":[secret]"#),
    ] {
        assert_eq!(masked(text), expected, "{text}");
    }
    let attributes = "xmlns:a=\"http://docs.example.com\" ".repeat(20);
    assert!(!masked(&format!("<wsse:Password {attributes}>hunter2</wsse:Password>")).contains("hunter2"));
    let given = json!({"tokens": ["hunter2", 3], "token_list": {"tokens": 3}, "passwords": "2"});
    let expected = json!({"tokens": ["[secret]", 3], "token_list": {"tokens": 3}, "passwords": "2"});
    assert_eq!(record(&redactor(all_rules()), &given), (expected, 1));
}

#[test]
fn rare_forms_are_masked_too() {
    for (text, expected) in [
        ("with sk_test_0123456789ab", "with [vendor_token]"),
        (
            "with rk_test_0123456789ab and whsec_0123456789abcdef0123",
            "with [vendor_token] and [vendor_token]",
        ),
        ("with xoxc-0123456789-ab xoxd-0123456789ab", "with [vendor_token] [vendor_token]"),
        ("with glpat-0123456789abcdefghij.01.0a1b2c3 x", "with [vendor_token] x"),
        ("password\u{1b}]8;;http://x\u{7}=hunter2", "password\u{1b}]8;;http://x\u{7}=[secret]"),
        ("pass\u{1b}]8;;http://x\u{1b}\\word=hunter2", "pass\u{1b}]8;;http://x\u{1b}\\word=[secret]"),
        ("4111  1111  1111  1111", "[card]"),
        ("4111\t1111\t1111\t1111", "[card]"),
        ("4111_1111_1111_1111", "[card]"),
        ("4111 - 1111 - 1111 - 1111", "[card]"),
        ("Bearer \"abcdef123\"", "Bearer \"[bearer]\""),
        ("got eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl ok", "got [jwt] ok"),
    ] {
        assert_eq!(masked(text), expected, "{text:?}");
    }
}

/// `AUTH=Token …`, in a header's words or a variable's.
#[test]
fn what_follows_a_scheme_is_masked_with_it() {
    for (text, expected) in [
        ("AUTH=Token hunter2 x", "AUTH=[secret] x"),
        ("AUTHORIZATION=Bearer hunter2", "AUTHORIZATION=[secret]"),
        ("auth: Basic xyz", "auth: [secret]"),
        ("api_token: Bearer hunter2 x", "api_token: [secret] x"),
        ("auth: token hunter2 x", "auth: [secret] x"),
        ("AUTH = Basic  aHVudGVyMg== x", "AUTH = [secret] x"),
        ("AUTH=Token \"hunter2 3\" x", "AUTH=[secret] x"),
        ("--auth Bearer hunter2 -v", "--auth [secret] -v"),
        ("AUTH=Digest username=\"me\", response=\"hunter2\"", "AUTH=[secret]"),
        ("auth=AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=c, Signature=hunter2", "auth=[secret]"),
        // Another field, and prose.
        ("auth=basic user=me status=200", "auth=[secret] user=me status=200"),
        ("registry auth: token expired, auth: basic x", "registry auth: token expired, auth: basic x"),
        ("of token: Token expired", "of token: Token expired"),
    ] {
        assert_eq!(masked_by(&only_secrets(), text).0, expected, "{text}");
    }
}

fn only_secrets() -> Redactor {
    redactor(vec![RedactionRule::built_in(BuiltInRule::Secret)])
}

/// What separates values may be a part of one, unless another name follows.
#[test]
fn a_value_ends_where_the_next_begins() {
    for (text, expected) in [
        ("SECRET_KEY=ghp;hunter2 x", "SECRET_KEY=[secret] x"),
        ("PASSWORD=a,hunter2", "PASSWORD=[secret]"),
        ("PASSWORD=a&hunter2|b", "PASSWORD=[secret]"),
        ("PASSWORD=a)!hunter2", "PASSWORD=[secret]"),
        ("PASSWORD=a\"!hunter2", "PASSWORD=[secret]"),
        ("--password a;hunter2 -v", "--password [secret] -v"),
        ("PASSWORD=a;aHVudGVyMg==", "PASSWORD=[secret]"),
        ("PASSWORD='a'\"hunter 2\"'3' x", "PASSWORD=[secret] x"),
        ("PASSWORD='a'_hunter2 x", "PASSWORD=[secret] x"),
        ("PASSWORD=''hunter2 x", "PASSWORD=[secret] x"),
        (
            "/a?password[]=hunter2&user[password][0]=hunter2",
            "/a?password[]=[secret]&user[password][0]=[secret]",
        ),
        ("PASSWORD=a\\ hunter2 x", "PASSWORD=[secret] x"),
        ("password=`hunter 2` x", "password=[secret] x"),
        ("password=「hunter 2」 x", "password=[secret] x"),
        ("AUTH=Bearer: hunter2 x", "AUTH=[secret] x"),
        ("run --password {\"S\":\"hunter2\"}", "run --password [secret]"),
        ("password=hunter2; user=bob", "password=[secret]; user=bob"),
        ("Server=x;Pwd=hunter2;User Id=sa;Encrypt=yes", "Server=x;Pwd=[secret];User Id=sa;Encrypt=yes"),
        ("AccountKey=aHVudGVyMg==;EndpointSuffix=x", "AccountKey=[secret];EndpointSuffix=x"),
        ("Cookie2 token=hunter2; Path=/", "Cookie2 token=[secret]; Path=/"),
        ("/a?token=hunter2&b=c&ids[]=1", "/a?token=[secret]&b=c&ids[]=1"),
        (
            "with password=hunter2, then (token=hunter2), f(token=hunter2).",
            "with password=[secret], then (token=[secret]), f(token=[secret]).",
        ),
        (r#"{"password":1234,"user":"bob", cut"#, r#"{"password":[secret],"user":"bob", cut"#),
        ("{password=hunter2,user=bob}", "{password=[secret],user=bob}"),
    ] {
        assert_eq!(masked_by(&only_secrets(), text).0, expected, "{text}");
        assert_eq!(masked_by(&only_secrets(), expected).0, expected, "{text}");
    }
}

#[test]
fn a_private_key_behind_a_name_is_masked_to_its_end() {
    let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEhunter2\nMIIF\n-----END RSA PRIVATE KEY-----";
    for (text, expected) in [
        (format!("TLS_KEY={key}\nnext"), "TLS_KEY=[secret]\nnext"),
        (format!("TLS_KEY={} next", key.replace('\n', "\\n")), "TLS_KEY=[secret] next"),
        (format!("TLS_KEY={}", key.split("MIIF").next().unwrap()), "TLS_KEY=[secret]"),
        (format!("X-Api-Key: {key}\nnext"), "X-Api-Key: [secret]\nnext"),
        (format!("--ssh-key {} -v", key.replace('\n', " ")), "--ssh-key [secret] -v"),
        (
            format!("CLIENT_SECRET={}\nnext", key.replace("RSA PRIVATE KEY", "X")),
            "CLIENT_SECRET=[secret]\nnext",
        ),
    ] {
        assert_eq!(masked_by(&only_secrets(), &text).0, expected, "{text}");
    }
    let line = json!({"log": format!("TLS_KEY={key}\nnext")}).to_string();
    assert_eq!(masked_by(&only_secrets(), &line).0, r#"{"log":"TLS_KEY=[secret]\nnext"}"#);
}

/// As Kubernetes and ECS write the variables of a container.
#[test]
fn a_value_beside_its_name_is_masked() {
    let given = json!({"env": [
        {"name": "DB_PASSWORD", "value": "hunter2"}, {"Key": "token", "Value": "hunter2"},
        {"name": "LOG_LEVEL", "value": "info"}, {"name": "auth", "value": 12}, {"name": "token", "of": "x", "value": "y"},
    ]});
    let expected = json!({"env": [
        {"name": "DB_PASSWORD", "value": "[secret]"}, {"Key": "token", "Value": "[secret]"},
        {"name": "LOG_LEVEL", "value": "info"}, {"name": "auth", "value": 12}, {"name": "token", "of": "x", "value": "y"},
    ]});
    assert_eq!(record(&only_secrets(), &given), (expected, 2));
    for (text, masked) in [
        (
            r#"{"env":[{"name":"DB_PASSWORD", "value": "hunter2"}]}"#,
            r#"{"env":[{"name":"DB_PASSWORD", "value": "[secret]"}]}"#,
        ),
        (r#"{"x":{"name":"token"},"value":"b"}"#, r#"{"x":{"name":"token"},"value":"b"}"#),
    ] {
        assert_eq!(masked_by(&only_secrets(), text).0, masked);
    }
}
