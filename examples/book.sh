#!/bin/sh
# Books an order: order, customer, what, pieces. Every third first attempt finds the books closed.
case $4 in
*[!0-9]*) echo "pieces: $4" >&2; exit 65 ;; # never
esac
if [ $(($1 % 3)) = 0 ] && [ "$RINGMILL_ATTEMPT" = 1 ]; then
  echo "the books are closed" >&2
  exit 75 # again
fi
echo "$2 gets $4 $3 ($1)"
