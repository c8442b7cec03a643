"""Samples of the soak as an SVG, written by hand: nothing needs to be installed for it."""

import html

WIDTH, PANEL, LEFT, TOP, GAP = 900, 150, 90, 60, 45
PANELS = [
    ("rss", "memory, MB", 1e-6, "#2563a8"), ("cache", "of it states, MB", 1e-6, "#2563a8"), ("fds", "descriptors", 1, "#b3541e"), ("threads", "threads", 1, "#4a7a3d"),
    ("health", "/health, ms", 1e3, "#7b4a9e"),
]


def write(path, summary, early, late):
    samples = summary["samples"]
    seconds = max(summary["minutes"] * 60, 1)
    across = lambda time: LEFT + (WIDTH - LEFT - 20) * time / seconds
    height = TOP + len(PANELS) * (PANEL + GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        f'<text x="{LEFT}" y="20" font-size="14">{html.escape(title(summary))}</text>']
    for number, (name, label, scale, colour) in enumerate(PANELS):
        top = TOP + number * (PANEL + GAP)
        values = [sample[name] * scale for sample in samples] or [0]
        ceiling = max(values) * 1.15 or 1
        down = lambda value: top + PANEL * (1 - value / ceiling)
        for begin, end in (early, late):
            parts.append(f'<rect x="{across(begin * seconds):.1f}" y="{top}" width="{across(end * seconds) - across(begin * seconds):.1f}" '
                         f'height="{PANEL}" fill="#f1f1ec"/>')
        for step in range(3):
            value = ceiling * step / 2
            parts.append(f'<line x1="{LEFT}" x2="{WIDTH - 20}" y1="{down(value):.1f}" y2="{down(value):.1f}" stroke="#ccc"/>')
            parts.append(f'<text x="{LEFT - 8}" y="{down(value) + 4:.1f}" text-anchor="end">{value:.3g}</text>')
        entry = summary["growth"].get(name, {})
        if "early" in entry:
            for key, (begin, end), dash in (("early", early, ""), ("late", late, ""), ("allowed", late, "4 3")):
                level = min(entry[key] * scale, ceiling)
                parts.append(f'<line x1="{across(begin * seconds):.1f}" x2="{across(end * seconds):.1f}" y1="{down(level):.1f}" '
                             f'y2="{down(level):.1f}" stroke="#333" stroke-width="1.5" stroke-dasharray="{dash}"/>')
        points = " ".join(f"{across(s['time']):.1f},{down(s[name] * scale):.1f}" for s in samples)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        verdict = "" if entry.get("good", True) else " (grows)"
        parts.append(f'<text x="{LEFT}" y="{top - 6}" fill="{colour}">{label}{verdict}</text>')
    minutes = summary["minutes"]
    for step in range(5):
        parts.append(f'<text x="{across(seconds * step / 4):.1f}" y="{height - 20}" text-anchor="middle">{minutes * step / 4:.3g} min</text>')
    parts.append("</svg>")
    path.write_text("\n".join(parts) + "\n")


def title(summary):
    failed = [name for name, good in summary["results"].items() if not good]
    verdict = "all well" if not failed else "failed: " + ", ".join(failed)
    return f"{sum(summary['done'].values())} answers in {summary['minutes']:g} min, {verdict}"
