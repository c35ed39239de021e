//! Preprocessor lines: what they hide from the parser, and how they branch.

use super::MAX_TOKENS;
use super::scan::Scan;

impl Scan<'_> {
    /// A preprocessor line. Branches of a condition start at the depth that the condition started at.
    pub(super) fn directive(&mut self) {
        let line = self.line_end(self.at);
        let text = self.text.get(self.at..line).unwrap_or_default();
        let name = text.trim_start_matches('#').trim_start();
        self.at = line;
        let is_condition = name.starts_with("if ") || name.starts_with("elif ") || name.starts_with("if(");
        if is_condition && (text.contains("include") || text.contains("INCLUDE")) {
            // `__has_include(<a.h>)`
            let start = line - name.len() + name.find([' ', '(']).unwrap_or(0);
            self.fills.push((start..line, " 1"));
        }
        if name.starts_with("define") {
            self.define(line - text.len(), line);
        } else if name.starts_with("if") {
            if self.conditions.len() < MAX_TOKENS {
                self.conditions.push(self.scopes.len());
            }
            let is_for_cpp = text.contains("__cplusplus") && !text.contains('!') && !name.starts_with("ifndef");
            if is_for_cpp && !text.contains("||") {
                self.linkage();
            }
        } else if name.starts_with("el") {
            if let Some(depth) = self.conditions.last() {
                self.scopes.truncate(*depth);
            }
        } else if name.starts_with("endif") {
            self.conditions.pop();
        }
    }

    /// Where a line ends whose line breaks may be hidden by `\`.
    pub(super) fn line_end(&self, from: usize) -> usize {
        let mut at = from;
        while let Some(found) = self.text.get(at..).and_then(|t| t.find('\n')) {
            let end = at + found;
            let line = self.text.get(from..end).unwrap_or_default().trim_end_matches('\r');
            if !line.ends_with('\\') {
                return end;
            }
            at = end + 1;
        }
        self.text.len()
    }

    /// Blanks an `extern "C" {` or its `}` that stands alone between `#ifdef __cplusplus` and the next directive; for
    /// C, whatever stands there.
    fn linkage(&mut self) {
        let start = self.at;
        let mut depth = 0_usize;
        let mut at = start;
        while let Some(next) = self.text.get(at..).and_then(|t| t.find('\n')).map(|n| at + n + 1) {
            let line = self.text.get(next..self.line_end(next)).unwrap_or_default();
            at = next;
            let Some(name) = line.trim_start().strip_prefix('#').map(str::trim_start) else { continue };
            let is_end = name.starts_with("el") || name.starts_with("endif");
            if depth == 0 && is_end || !self.is_c {
                break;
            }
            if name.starts_with("if") {
                depth += 1;
            } else if name.starts_with("endif") {
                depth -= 1;
            }
        }
        let block = self.text.get(start..at).unwrap_or_default();
        let code = block.split("/*").next().unwrap_or_default().split("//").next().unwrap_or_default();
        let code: String = code.split_whitespace().collect();
        if self.is_c || code == "extern\"C\"{" || code == "}" {
            self.blanks.push(start..at);
            self.at = at;
        }
    }

    /// A comment within a `#define` ends it for the grammar.
    fn define(&mut self, start: usize, end: usize) {
        let mut at = start;
        while let Some(open) = self.text.get(at..end).and_then(|t| t.find("/*")).map(|n| at + n) {
            let Some(close) = self.text.get(open..end).and_then(|t| t.find("*/")).map(|n| open + n + 2) else { return };
            let rest = self.text.get(close..end).unwrap_or_default().trim_start_matches([' ', '\t', '\\', '\r', '\n']);
            if !rest.is_empty() && !rest.starts_with("//") && !rest.starts_with("/*") {
                self.blanks.push(open..close);
            }
            at = close;
        }
    }
}
