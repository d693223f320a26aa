#!/bin/sh
# extract.sh FILE LANGUAGE: the first code block of that language in a Markdown file.
awk -v open='^```'"$2"'$' '!inside && $0 ~ open { inside = 1; next } inside && /^```$/ { exit } inside' "$1"
