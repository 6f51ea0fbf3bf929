"""The chart of a time to an event: steps, or hatched where the time lies between visits."""

from wholetrial.report.colors import arm_colors
from wholetrial.report.contents import Contents
from wholetrial.report.numbers import percent, week_of
from wholetrial.report.response_chart import Panel
from wholetrial.report.survival_curve import EventFree, TimeToEvent


def survival_panels(contents: Contents, found: TimeToEvent, key: str) -> tuple[Panel, ...]:
    """One panel an arm, all on the same axes."""
    colors = arm_colors(contents.protocol)
    last = max(found.days[-1], *(curve.last for curve in found.curves), 7)
    return tuple(
        Panel(
            curve.label,
            colors.get(curve.arm, "#1c2733"),
            _draw(curve, colors.get(curve.arm, "#1c2733"), last, f"{key}-{index}"),
        )
        for index, curve in enumerate(found.curves)
    )


def _draw(curve: EventFree, color: str, last: float, key: str) -> str:
    from wholetrial.report.charts import house_style, panel, percent_axis, svg_of, week_axis

    with house_style():
        figure, axes = panel()
        percent_axis(axes)
        week_axis(axes, last)
        day, level = 0.0, 1.0
        for step in curve.steps:
            axes.plot([day / 7, step.left / 7], [level, level], color=color, lw=2)
            if step.sudden:
                axes.plot([step.right / 7] * 2, [step.before, step.after], color=color, lw=2)
            else:
                axes.fill_between(
                    [step.left / 7, step.right / 7],
                    step.after,
                    step.before,
                    facecolor="none",
                    edgecolor=color,
                    hatch="////",
                    lw=0.6,
                )
            day, level = step.right, step.after
        if curve.n:
            axes.plot([day / 7, max(curve.last, day) / 7], [level, level], color=color, lw=2)
        for seen, at in curve.censored if curve.n and all(s.sudden for s in curve.steps) else ():
            axes.plot(seen / 7, at, marker="|", ms=7, color=color)
        return svg_of(figure, key, _described(curve))


def _described(curve: EventFree) -> str:
    if not curve.n:
        return f"{curve.label}: nobody to watch."
    told = ", ".join(f"by week {week_of(s.right)} {percent(s.after)}" for s in curve.steps)
    return f"{curve.label}, {curve.n} participants, share without the event: {told or '100%'}."
