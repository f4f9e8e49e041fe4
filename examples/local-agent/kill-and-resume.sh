#!/usr/bin/env bash
# Runs the jobs on durable pools, kills the agent with -9 half-way, and resumes it.
set -euo pipefail
cd "$(dirname "$0")"
rm -rf data durable.jsonl

run=(parking-lot run --config durable.json --jobs jobs.jsonl --out durable.jsonl --resume --json)
"${run[@]}" 2>/dev/null &
agent=$!
until [[ -s durable.jsonl ]]; do sleep 0.05; done
kill -9 "$agent"
wait "$agent" 2>/dev/null || true
echo "killed with $(wc -l <durable.jsonl) of $(wc -l <jobs.jsonl) outcomes written"

"${run[@]}" 2>/dev/null
echo "resumed: $(wc -l <durable.jsonl) outcomes, $(grep -o '"task_id":"[^"]*"' durable.jsonl | sort -u | wc -l) different jobs"
