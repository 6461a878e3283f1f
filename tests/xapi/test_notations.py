"""The notations xAPI borrows, by the examples of their own standards and their odd corners."""

from __future__ import annotations

import time

import pytest

from lrs_bridge.xapi import notations

IRIS = [
    "http://example.com",
    "https://user:pw@example.com:8042/over/there?name=ferret#nose",
    "urn:oid:2.16.840",
    "urn:uuid:6690e6c9-3ef0-4ed3-8b37-7f3964730bee",
    "tag:example.org,2024:x",
    "mailto:a@b.org",
    "ldap://[2001:db8::7]/c=GB?objectClass?one",
    "http://[v7.abc:def]/",
    "http://example.com/فعل/خواندن",
    "http://bücher.example/%C3%A4?q=ä\ue000",
    "news:comp.infosystems.www.servers.unix",
    "tel:+1-816-555-1212",
    "a:",
    "file:///etc/hosts",
    "http://example.com/path/../x",
    "http://example.com:/",
    "https://moodle.example.org/mod/quiz/view.php?id=3&x=(1)",
    "\U0001f600"[:0] + "http://example.com/\U0001f600",
    "http://[::ffff:192.0.2.1]/",
    "http://[fe80::1%25eth0]/",
    "http://[V1.x]/",
    "http://example.com/?\U000f0000\ue000",
    "x-y+z.1:a//b",
    "a://",
    "a:///b",
    "http://a:b:c@example.com/",
    "http://1.2.3.4.5/",
    "http://example.com/%C3%28",
    "http://example.com/~a;b=c,d!$&'()*+@:",
    "http://example.com/a?b?c/d#e?f/g",
]
NOT_IRIS = [
    "",
    "example.com",
    "//example.com/x",
    "/x",
    "1http://example.com",
    "ab=c://example.com",
    "http:",
    "http:///x",
    "http://",
    "http:x",
    "http://exa mple.com",
    " http://example.com",
    "http://example.com\n",
    "http://example.com/%zz",
    "http://example.com/%",
    "http://example.com/<x>",
    "http://example.com/a|b",
    "http://example.com/a\\b",
    "http://example.com/{x}",
    'http://example.com/"',
    "http://example.com/a#b#c",
    "http://example.com:port/",
    "http://[::1/",
    "http://[::g]/",
    "http://example.com/\ue000",
    "http://example.com/\ufffe",
    "http://example.com/\x00",
    "should fail",
    "http://a@b@c/",
    "http://[fe80::1%eth0]/",
    "http://[fe80::1%25]/",
    "http://[::1%25 <x>]/",
    "http://[::ffff:01.2.3.4]/",
    "http://[::1]x/",
    "http://[v.x]/",
    "http://example.com:１/",
    "http://example.com/\u200e",
    "http://example.com/?\u202e",
    "http://example.com/\U000e0001",
    "http://example.com/\U000f0000",
    "http://example.com/#\ue000",
    "http://example.com/a^b`c",
    "ä:b",
    "a_b:c",
    ":a",
]


@pytest.mark.requirement("XAPI-00011")
@pytest.mark.parametrize("text", IRIS)
def test_iris(text):
    assert notations.is_iri(text)


@pytest.mark.requirement("XAPI-00011")
@pytest.mark.parametrize("text", NOT_IRIS)
def test_texts_that_are_no_iris(text):
    assert not notations.is_iri(text)


def test_a_uri_is_an_ascii_iri():
    assert notations.is_uri("https://anna.example.org/")
    assert not notations.is_uri("https://anna.example.org/ä")


@pytest.mark.requirement("XAPI-00121", "XAPI-00013")
@pytest.mark.parametrize(
    "tag",
    [
        *[
            "de",
            "fr",
            "ja",
            "i-enochian",
            "zh-Hant",
            "zh-cmn-Hans-CN",
            "cmn-Hans-CN",
            "zh-yue-HK",
            "sr-Latn-RS",
        ],
        *["sl-rozaj-biske", "de-CH-1901", "hy-Latn-IT-arevela", "es-419", "de-CH-x-phonebk", "x-whatever"],
        *["qaa-Qaaa-QM-x-southern", "en-US-u-islamcal", "zh-CN-a-myext-x-private", "en-a-myext-b-another"],
        *[
            "art-lojban",
            "zh-min-nan",
            "sgn-BE-FR",
            "en-GB-oed",
            "tlh",
            "abcde",
            "EN-gb",
            "i-klingon",
            "no-bok",
            "cel-gaulish",
            "sgn-CH-DE",
            "I-DEFAULT",
            "de-1996-x-1996-1996",
            "sl-IT-rozaj-nedis-1994",
            "en-0-ab",
            "x-a-b-12345678",
        ],
    ],
)
def test_language_tags(tag):
    assert notations.is_language_tag(tag)


@pytest.mark.requirement("XAPI-00121", "XAPI-00013")
@pytest.mark.parametrize(
    "tag",
    [
        *[
            "",
            "e",
            "en_GB",
            "a12345",
            "a12345678",
            "something",
            "de-419-DE",
            "a-DE",
            "en-",
            "-en",
            "en--GB",
            "x-",
        ],
        *[
            "ar-a-aaa-b-bbb-a-ccc",
            "i-nothing",
            "x",
            "en-x",
            "en-u",
            "en GB",
            "en\n",
            "\u212ben",
            "\u017fl",
            "1en",
            "de-1901-1901",
            "sl-rozaj-biske-ROZAJ",
            "x-123456789",
            "en-123456789",
            "abcd-efg",
            "en-a-b",
            "en-GB-Latn",
            "i-DE",
        ],
    ],
)
def test_texts_that_are_no_language_tags(tag):
    assert not notations.is_language_tag(tag)


@pytest.mark.requirement("XAPI-00038")
@pytest.mark.parametrize(
    ("text", "is_right"),
    [
        ("anna@example.org", True),
        ("anna.o'brien+x@sub.example.org", True),
        ("a@localhost", True),
        ("a..b@example.org", True),
        ("%22a%20b%22@example.org", True),
        ("jürgen@müller.example", True),
        ("anna", False),
        ("@example.org", False),
        ("anna@", False),
        ("a@b@c", False),
        ("a b@example.org", False),
        ("a@-b.org", False),
        ("a@b..org", False),
        ("a@b.org?subject=x", False),
        ("a@b.org,c@d.org", False),
        ("100%@example.org", False),
        ("a@b.org\n", False),
        ("user@%E7%B4%8D%e8%b1%86.example.org", True),
        ("user@%5B127.0.0.1%5D", True),
        ("user@[127.0.0.1]", False),
        ("user@%65xample.org", False),
        ("user@example.org.", False),
        ("user@%5Bx", False),
        ("a%40b@example.org", True),
        ("a;b@example.org", False),
    ],
)
def test_email_addresses(text, is_right):
    assert notations.is_email_address(text) is is_right


@pytest.mark.requirement("XAPI-00105")
@pytest.mark.parametrize(
    ("text", "is_right"),
    [
        ("text/plain", True),
        ("text/plain; charset=ascii", True),
        ('application/x.y+z;a=b ; c="d \\" e"', True),
        ("text/plain;", True),
        ("text", False),
        ("text/", False),
        ("text/plain; charset", False),
        ("text/plain charset=x", False),
        ("text /plain", False),
        ('a/b;c=""', True),
        ('a/b;c="é, \t"', True),
        ("APPLICATION/VND.A-B+JSON", True),
        ("a/b;c=", False),
        ("a/b;c =d", False),
        ("a/b, c/d", False),
        ("a/b/c", False),
        ("é/b", False),
        ("a/b\n", False),
        ('a/b;c="\n"', False),
    ],
)
def test_media_types(text, is_right):
    assert notations.is_media_type(text) is is_right


@pytest.mark.requirement("XAPI-00029", "XAPI-00030")
def test_uuids():
    assert notations.is_uuid("6690E6C9-3ef0-4ed3-8b37-7f3964730bee")
    assert notations.is_uuid("00000000-0000-0000-0000-000000000000")
    assert notations.is_uuid("ffffffff-ffff-ffff-ffff-FFFFFFFFFFFF")
    for version in "123456789abcdef":  # RFC 9562 has eight, and those to come have their digit too
        assert notations.is_uuid(f"6690e6c9-3ef0-{version}ed3-8b37-7f3964730bee")
    assert not notations.is_uuid("6690e6c9-3ef0-4ed3-8b37-7f3964730beé")
    assert not notations.is_uuid("6690e6c93-ef0-4ed3-8b37-7f3964730bee")
    assert not notations.is_uuid("6690e6c9-3ef0-4ed3-8b37-7f3964730bee\n")
    assert not notations.is_uuid("6690e6c9-3ef0-4ed3-8b37-7f3964730be")
    assert notations.is_uuid_otherwise_written("{6690e6c9-3ef0-4ed3-8b37-7f3964730bee}")
    assert not notations.is_uuid_otherwise_written("nothing like it")


@pytest.mark.requirement("XAPI-00103", "XAPI-00039")
def test_digests():
    assert notations.is_sha2("a" * 64)
    assert notations.is_sha2("A" * 128)
    assert not notations.is_sha2("a" * 40)
    assert not notations.is_sha2("g" * 64)


@pytest.mark.parametrize(
    ("is_right", "text"),
    [
        (notations.is_iri, "http://" + "a:" * 50_000 + "\\"),
        (notations.is_iri, "a:" + "%41" * 50_000 + "%"),
        (notations.is_language_tag, "en" + "-abcde" * 20_000 + "-"),
        (notations.is_language_tag, "en" + "-a-bb" * 20_000 + "-"),
        (notations.is_email_address, "a" * 100_000),
        (notations.is_email_address, "a@" + "-" * 100_000),
        (notations.is_email_address, "a@" + "a-" * 50_000),
        (notations.is_email_address, "a@" + "%C3" * 50_000 + "%"),
        (notations.is_email_address, "a@" + "a." * 50_000),
        (notations.is_language_tag, "en" + "".join(f"-{n:05}" for n in range(20_000)) + "-00001"),
        (notations.is_iri, "http://[" + "1:" * 50_000 + "]/"),
        (notations.is_media_type, "a/b" + "; " * 50_000 + "é"),
        (notations.is_media_type, 'a/b; c="' + "\\" * 100_001),
    ],
)
def test_long_texts_are_judged_in_no_time(is_right, text):
    begun = time.perf_counter()
    assert not is_right(text)
    assert time.perf_counter() - begun < 1
