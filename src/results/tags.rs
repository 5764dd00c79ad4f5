//! HTML from texts: whatever comes in as text goes out as text.

/// HTML as it grows. Only names of tags and attributes are taken as they are; they are the program's own.
#[derive(Clone, Debug, Default)]
pub struct Tags {
    html: String,
    open: Vec<&'static str>,
}

impl Tags {
    /// Opens an element.
    pub fn open(&mut self, tag: &'static str, attributes: &[(&str, &str)]) -> &mut Tags {
        self.lone(tag, attributes);
        self.open.push(tag);
        self
    }

    /// An element that has no end, such as `input`.
    pub fn lone(&mut self, tag: &str, attributes: &[(&str, &str)]) -> &mut Tags {
        self.html.push('<');
        self.html.push_str(tag);
        for (name, value) in attributes {
            self.html.push(' ');
            self.html.push_str(name);
            self.html.push_str("=\"");
            self.text(value);
            self.html.push('"');
        }
        self.html.push('>');
        self
    }

    /// A text.
    pub fn text(&mut self, text: &str) -> &mut Tags {
        for c in text.chars() {
            match c {
                '&' => self.html.push_str("&amp;"),
                '<' => self.html.push_str("&lt;"),
                '>' => self.html.push_str("&gt;"),
                '"' => self.html.push_str("&quot;"),
                '\'' => self.html.push_str("&#39;"),
                c => self.html.push(c),
            }
        }
        self
    }

    /// Ends what was opened last.
    pub fn close(&mut self) -> &mut Tags {
        if let Some(tag) = self.open.pop() {
            self.html.push_str("</");
            self.html.push_str(tag);
            self.html.push('>');
            if !matches!(tag, "b" | "code" | "span" | "em" | "td" | "th") {
                self.html.push('\n');
            }
        }
        self
    }

    /// An element with a text in it.
    pub fn element(&mut self, tag: &'static str, attributes: &[(&str, &str)], text: &str) -> &mut Tags {
        self.open(tag, attributes).text(text).close()
    }

    /// All of it, with every element ended.
    pub fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.html
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_in_as_text_goes_out_as_text() {
        let mut tags = Tags::default();
        tags.open("p", &[("title", "\"><script>")]).text("<script>alert('1 & 2')</script>").element("b", &[], "<b>");
        assert_eq!(
            tags.finish(),
            "<p title=\"&quot;&gt;&lt;script&gt;\">&lt;script&gt;alert(&#39;1 &amp; 2&#39;)&lt;/script&gt;\
             <b>&lt;b&gt;</b></p>\n"
        );
    }
}
