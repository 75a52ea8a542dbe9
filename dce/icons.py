"""Icons that may stand beside the words of a card: line drawings on a grid of 24 by 24.

Each is the inside of an SVG element whose strokes have the colour of the text. They only decorate:
words carry the meaning.
"""

from __future__ import annotations

ICONS: dict[str, str] = {
    "calendar": '<rect x="3" y="5" width="18" height="16" rx="2"/><path d="M3 10h18M8 2v5M16 2v5"/>',
    "clock": '<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3 3"/>',
    "person": '<circle cx="12" cy="7" r="4"/><path d="M4 21a8 8 0 0 1 16 0"/>',
    "people": '<circle cx="9" cy="8" r="3.5"/>'
    '<path d="M2 20a7 7 0 0 1 14 0M16 5a3.5 3.5 0 0 1 0 6M18 14a7 7 0 0 1 4 6"/>',
    "pin": '<path d="M12 22s7-7.6 7-13a7 7 0 0 0-14 0c0 5.4 7 13 7 13z"/><circle cx="12" cy="9" r="2.5"/>',
    "car": '<path d="M3 17v-5l2-5h14l2 5v5zM3 12h18M6 17v2M18 17v2"/>',
    "phone": '<rect x="7" y="2" width="10" height="20" rx="2"/><path d="M11 18h2"/>',
    "video": '<rect x="2" y="6" width="13" height="12" rx="2"/><path d="M15 11l6-4v10l-6-4"/>',
    "home": '<path d="M3 11l9-8 9 8M5 9.5V21h14V9.5M10 21v-6h4v6"/>',
    "hospital": '<rect x="4" y="3" width="16" height="18" rx="1"/><path d="M12 7v6M9 10h6M10 21v-4h4v4"/>',
    "money": '<circle cx="12" cy="12" r="9"/><path d="M15 8c-4-2-6 1-5 3l.5 3c0 1-.5 2-1.5 2h6M8 12h5"/>',
    "repeat": '<path d="M4 11a8 8 0 0 1 14-4l2 2M20 4v5h-5M20 13a8 8 0 0 1-14 4l-2-2M4 20v-5h5"/>',
}
"""Name of each icon to the inside of its SVG element."""
