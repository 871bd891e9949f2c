"""What a reader of the HTML finds, by the standard library's parser."""

from html.parser import HTMLParser

VOID = {"meta", "br", "img", "link", "hr", "input"}


class Page(HTMLParser):
    """Tags, ids, addresses and text of a page; raises on a tag that is closed wrongly."""

    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.tags, self.ids, self.addresses, self.attributes = [], [], [], []
        self.texts, self._open = [], []
        self.feed(source)
        self.close()
        assert not self._open, self._open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag not in VOID:
            self._open.append(tag)
        self._look(attrs)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self._look(attrs)

    def handle_endtag(self, tag):
        assert self._open[-1:] == [tag], (self._open, self.getpos())
        self._open.pop()

    def handle_data(self, data):
        if not self._open or self._open[-1] != "style":
            self.texts.append(data)

    def _look(self, attrs):
        for name, value in attrs:
            self.attributes.append(name)
            if name == "id":
                self.ids.append(value)
            if name in ("href", "src", "action", "srcset", "poster", "data", "xlink:href"):
                self.addresses.append(value)

    @property
    def text(self):
        return " ".join("".join(self.texts).split())
