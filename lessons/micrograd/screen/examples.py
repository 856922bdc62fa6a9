"""Expressions to start from, each with what it is there to show."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Example:
    title: str
    text: str
    hint: str


EXAMPLES = (
    Example(
        "a chain",
        "a=2; b=-3; c=10; f=-2; e=a*b; d=e+c; L=d*f",
        "step on with → and read each move below",
    ),
    Example(
        "a node used twice",
        "a=3; b=a+a",
        "two edges lead back to a, so its gradient is the sum of two shares",
    ),
    Example(
        "backward twice",
        "a=3; b=a*2; L=b*b",
        "b goes backward again without zeroing: what will a hold?",
    ),
    Example(
        "a neuron",
        "x1=2; x2=0; w1=-3; w2=1; b=6.8813735870195432; n=x1*w1+x2*w2+b; o=tanh(n)",
        "w2 has gradient 0 because its input x2 is 0",
    ),
    Example(
        "the README",
        "a=-4; b=2; c=a+b; d=a*b+b**3; c+=c+1; c+=1+c+(-a); d+=d*2+relu(b+a);"
        " d+=3*d+relu(b-a); e=c-d; f=e**2; g=f/2+10/f",
        "g = 24.7041, dg/da = 138.8338, dg/db = 645.5773",
    ),
    Example(
        "a dead relu",
        "x=1; w=-2; b=0.5; n=w*x+b; h=relu(n); L=(1-h)**2",
        "n is below 0, so relu sends back 0 and w cannot learn",
    ),
)
