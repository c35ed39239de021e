//! Macros that a grammar stumbles over: `API_EXPORT int f(void);`, `class API Name {`, `PyAPI_FUNC(int) f(void);`,
//! `int f OF((int a));`, and the `extern "C" {` that only C++ sees. The parser is given the text with blanks in their
//! place, so that every other byte stays where it is.

mod directives;
mod judge;
mod scan;

use std::borrow::Cow;

use scan::Scan;

/// How far a bracket may be from the one that closes it.
const MAX_GROUP: usize = 64 * 1024;

/// Longer lines of macros are not looked at.
const MAX_LINE: usize = 256;

/// Statements of more tokens are no declarations of human hands.
const MAX_TOKENS: usize = 4096;

/// The text as the parser gets it: of the same length, with the same lines. `is_c`: what only C++ sees goes, too.
pub(crate) fn readable(text: &str, is_c: bool) -> Cow<'_, str> {
    let mut scan = Scan::new(text, is_c);
    scan.run();
    if scan.blanks.is_empty() && scan.fills.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut bytes = text.as_bytes().to_vec();
    let fills = scan.fills.iter().map(|(range, _)| range.clone());
    for range in scan.blanks.iter().cloned().chain(fills) {
        for byte in bytes.get_mut(range).unwrap_or_default() {
            if !matches!(byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
    }
    for (range, text) in scan.fills {
        if let Some(place) = bytes.get_mut(range).and_then(|place| place.get_mut(..text.len())) {
            place.copy_from_slice(text.as_bytes());
        }
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// The macros right before a declaration that the parser did not see, as written.
pub(crate) fn before(text: &str, start: usize) -> Vec<String> {
    let mut found = Vec::new();
    let mut end = start;
    // On the line itself and, where nothing else is there, on the one above.
    for _ in 0..2 {
        let line_start = text.get(..end).and_then(|t| t.rfind('\n')).map_or(0, |at| at + 1);
        let line = text.get(line_start..end).unwrap_or_default().trim();
        if line.len() > MAX_LINE {
            break;
        }
        let Some(macros) = all_macros(line) else { break };
        found.splice(0..0, macros);
        if line_start == 0 {
            break;
        }
        end = line_start - 1;
    }
    found
}

/// The words of a line that has nothing but macros; `None` for any other.
fn all_macros(line: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let is_call = after.starts_with('(');
        if !(is_macro(word) || is_call && is_macro_call(word)) {
            return None;
        }
        let mut whole = end;
        if is_call {
            whole += closing(after.as_bytes(), 0)? + 1;
        }
        found.push(rest.get(..whole)?.to_owned());
        rest = rest.get(whole..)?.trim_start();
    }
    Some(found)
}

fn is_macro(word: &str) -> bool {
    let letters = word.bytes().filter(u8::is_ascii_uppercase).count();
    letters >= 2 && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// Whether `word(…)` before a declaration is a macro, as `PyAPI_FUNC(int)` is.
fn is_macro_call(word: &str) -> bool {
    is_macro(word) || word.starts_with(|c: char| c.is_ascii_uppercase()) && word.contains('_')
}

fn is_modifier(word: &str) -> bool {
    matches!(
        word,
        "typename"
            | "static"
            | "extern"
            | "inline"
            | "const"
            | "constexpr"
            | "consteval"
            | "constinit"
            | "volatile"
            | "virtual"
            | "explicit"
            | "typedef"
            | "friend"
            | "mutable"
            | "register"
            | "thread_local"
            | "_Thread_local"
            | "_Noreturn"
            | "__inline"
            | "__inline__"
            | "__extension__"
            | "export"
            | "__forceinline"
    )
}

fn is_record(word: &str) -> bool {
    matches!(word, "class" | "struct" | "union" | "enum")
}

/// The closing bracket's place, for the opening one at `open`.
fn closing(bytes: &[u8], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = open;
    while at < bytes.len() && at - open < MAX_GROUP {
        match bytes[at] {
            b'(' => depth += 1,
            b')' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            b'"' | b'\'' => {
                at = after_quote(bytes, at);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Behind a string or character literal; an apostrophe within a number is none.
fn after_quote(bytes: &[u8], at: usize) -> usize {
    let quote = bytes[at];
    if quote == b'\'' && at > 0 && bytes[at - 1].is_ascii_alphanumeric() {
        return at + 1;
    }
    let mut next = at + 1;
    while next < bytes.len() {
        match bytes[next] {
            b'\\' => next += 1,
            b'\n' => return next,
            b if b == quote => return next + 1,
            _ => {}
        }
        next += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::{before, readable};

    /// The text without what was blanked, on one line.
    fn rest(text: &str) -> String {
        let is = readable(text, true);
        assert_eq!(is.len(), text.len());
        is.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn decorations_go_and_types_stay() {
        assert_eq!(rest("FOO_API int f(void);"), "int f(void);");
        assert_eq!(rest("FOO_API\nstruct a *f(void) FOO_PURE;"), "struct a *f(void) ;");
        assert_eq!(rest("DWORD WINAPI_CALL f(int a) { FOO_X int g; }"), "DWORD f(int a) { FOO_X int g; }");
        assert_eq!(rest("CURL_EXTERN CURL *curl_init(void);"), "CURL *curl_init(void);");
        assert_eq!(rest("static FILE *open_it(void);"), "static FILE *open_it(void);");
        assert_eq!(rest("typedef struct FOO BAR;"), "typedef struct FOO BAR;");
        assert_eq!(rest("const DWORD x = 1; int MAX; void RUN(int);"), "const DWORD x = 1; int MAX; void RUN(int);");
        assert_eq!(rest("PyAPI_FUNC(int) Py_run(void);"), "int Py_run(void);");
        assert_eq!(rest("ATTR(1) static int f(void) {}"), "static int f(void) {}");
        assert_eq!(rest("extern int inflate OF((int a));"), "extern int inflate (int a) ;");
        assert_eq!(rest("extern int f (int a) __THROW __nonnull ((1));"), "extern int f (int a) ;");
        assert_eq!(rest("static a_decl b_t* f(void) a_noexcept {}"), "static b_t* f(void) {}");
        assert_eq!(
            rest("int f(const a* b FOO_UNUSED, FOO_IN a *c, size_t MAX_N);"),
            "int f(const a* b , a *c, size_t MAX_N);"
        );
        assert_eq!(rest("typedef BOOL (WINAPI *F)(int a);"), "typedef BOOL ( *F)(int a);");
        assert_eq!(rest("NS_BEGIN(a)\nstruct b { int c; };\nNS_END(a)"), "struct b { int c; };");
        assert_eq!(rest("static _Atomic(size_t) a = 1; a::FOO b;"), "static size_t a = 1; a::FOO b;");
        assert_eq!(rest("int f(void) FOO_PURE;"), "int f(void) ;");
        assert_eq!(rest("int f(void) __attribute__((pure));"), "int f(void) __attribute__((pure));");
    }

    #[test]
    fn classes() {
        assert_eq!(
            rest("class FOO_API Bar : Base { Q_OBJECT public: FOO_API Bar(); };"),
            "class Bar : Base { public: Bar(); };"
        );
        assert_eq!(rest("class URL final { };"), "class URL final { };");
        assert_eq!(rest("struct URL { int a; };"), "struct URL { int a; };");
        assert_eq!(rest("template <class T, ENABLE_IF(a<b>(1)>2)> T f();"), "template <class T, int > T f();");
        assert_eq!(rest("X_BEGIN\ntemplate X_API a::a(int);"), "template a::a(int);");
        assert_eq!(
            rest("struct A { DEP operator b() const; BOOL operator==(int); };"),
            "struct A { operator b() const; BOOL operator==(int); };"
        );
        assert_eq!(
            rest("void f() { if LIKELY(a) b(); if constexpr (c) {} }"),
            "void f() { if (a) b(); if constexpr (c) {} }"
        );
        assert_eq!(rest("class FOO_API Bar;"), "class Bar;");
        assert_eq!(rest("template <class T> FOO_API T f(T a);"), "template <class T> T f(T a);");
        assert_eq!(rest("FOO_API bool operator==(int a);"), "bool operator==(int a);");
    }

    #[test]
    fn linkage() {
        assert_eq!(
            rest("#ifdef __cplusplus\nextern \"C\" {\n#endif\nFOO int f(void);\n#ifdef __cplusplus\n} /* C */\n#endif"),
            "#ifdef __cplusplus #endif FOO int f(void); #ifdef __cplusplus #endif".replace("FOO ", "")
        );
    }

    #[test]
    fn garbage_ends() {
        for text in [
            "f(a b C_D",
            "x(y) (C *",
            "(((",
            "\"",
            "'",
            "/*",
            "R\"(",
            "A<B<C",
            "{{{",
            "}}}",
            "#if\\",
            "A B C D",
            "[[",
            "class",
            "é{'ß",
        ] {
            assert_eq!(readable(text, true).len(), text.len());
        }
    }

    #[test]
    fn macros_before() {
        let text = "FOO_API\nBAR(1) int f(void);";
        assert_eq!(before(text, text.find("int").unwrap()), ["FOO_API", "BAR(1)"]);
        assert!(before("// FOO\nint f(void);", 7).is_empty());
    }
}
