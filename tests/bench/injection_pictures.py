# SPDX-License-Identifier: Apache-2.0
"""The injection bench's pictures, as SVG."""
import html
import math

LEFT, TOP, ROW, CELL = 170, 46, 22, 76
INK, PALE, LINE = "#1b2733", "#6a7885", "#d5dbe1"


def picture(width, height, parts):
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            f'font-family="sans-serif" font-size="12" fill="{INK}">')
    return "\n".join([head, f'<rect width="{width}" height="{height}" fill="#fff"/>', *parts, "</svg>\n"])


def text(x, y, said, anchor="start", fill=INK, size=12):
    more = "".join(f' {name}="{value}"' for name, value, usual in
                   (("text-anchor", anchor, "start"), ("fill", fill, INK), ("font-size", size, 12)) if value != usual)
    return f'<text x="{x:g}" y="{y:g}"{more}>{html.escape(said)}</text>'


def shade(share):
    """White for none, blue for all."""
    return "#" + "".join(f"{round(255 + (full - 255) * share):02x}" for full in (0x1F, 0x6F, 0xB5))


def recall_picture(kinds):
    """One row for each kind, one cell for each strength: how many of the attacks were found."""
    columns = max((len(kind["strengths"]) for kind in kinds.values()), default=0)
    parts = [text(LEFT, 18, "Attacks found, by strength in the unit of the kind")]
    for index, (name, kind) in enumerate(kinds.items()):
        y = TOP + index * ROW
        parts.append(text(LEFT - 8, y + 15, name, "end"))
        for column, cell in enumerate(kind["strengths"]):
            share, x = cell["found"] / cell["attacks"], LEFT + column * CELL
            parts.append(f'<path d="M{x} {y}h{CELL - 2}v{ROW - 2}h{2 - CELL}z" fill="{shade(share)}" stroke="{LINE}"/>')
            parts.append(text(x + 5, y + 15, f"{cell['strength']:g}", fill=PALE if share < .5 else "#e3edf6", size=10))
            parts.append(text(x + CELL - 7, y + 15, f"{cell['found']}/{cell['attacks']}", "end",
                              INK if share < .5 else "#fff"))
    if columns:
        middle, bottom = LEFT + columns // 2 * CELL - 1, TOP + len(kinds) * ROW
        parts.append(f'<path d="M{middle} {TOP - 8}V{bottom}" stroke="{INK}" stroke-width="2"/>')
        parts += [text(middle - 8, TOP - 8, "weak", "end", PALE), text(middle + 8, TOP - 8, "strong", fill=PALE)]
    return picture(LEFT + columns * CELL + 12, TOP + len(kinds) * ROW + 12, parts)


def delays_picture(kinds):
    """One row for each kind, one dot for each strong attack that was found: seconds on a logarithmic scale."""
    ticks = (0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000)
    width = 520

    def at(seconds):
        share = math.log(max(seconds, ticks[0]) / ticks[0]) / math.log(ticks[-1] / ticks[0])
        return LEFT + width * min(share, 1)

    bottom = TOP + len(kinds) * ROW
    parts = [text(LEFT, 18, "Seconds from a strong attack's first packet to the end of the pane that told of it")]
    for tick in ticks:
        parts.append(f'<path d="M{at(tick):.0f} {TOP - 4}V{bottom}" stroke="{LINE}"/>')
        parts.append(text(at(tick), TOP - 8, f"{tick:g}", "middle", PALE, 10))
    for index, (name, kind) in enumerate(kinds.items()):
        y = TOP + index * ROW + ROW // 2
        delays = [delay for cell in kind["strengths"] if cell["strong"] for delay in cell["delays_s"]]
        parts.append(text(LEFT - 8, y + 4, name, "end", INK if delays else PALE))
        parts += [f'<circle cx="{at(delay):.1f}" cy="{y}" r="4" fill="#1f6fb5" fill-opacity=".5"/>' for delay in delays]
    return picture(LEFT + width + 40, bottom + 12, parts)
