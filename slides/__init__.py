"""Turn the lecture notebooks into talks: one self-contained HTML file each, PDF files, a check.

    python -m slides build [--output FOLDER] [--paper letter|a4] [--no-pdf]
    python -m slides check [--output FOLDER]

``assets`` reads what npm fetched, ``mathematics`` sets formulas, ``exporter`` is nbconvert's
reveal.js export with our template, ``passes`` rework its HTML one small step at a time, ``build``
puts a page together, ``browser`` starts the machine's Chromium, ``printing`` makes PDF files and
``check`` looks at every slide.
"""
