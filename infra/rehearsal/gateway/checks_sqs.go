package gateway

import (
	"context"
)

var sqsSubjects = map[string]subjects{
	"CreateQueue":             named("", "QueueName"),
	"GetQueueUrl":             named("", "QueueName"),
	"DeleteQueue":             queue,
	"PurgeQueue":              queue,
	"SendMessage":             queue,
	"SendMessageBatch":        queue,
	"ReceiveMessage":          queue,
	"DeleteMessage":           queue,
	"DeleteMessageBatch":      queue,
	"ChangeMessageVisibility": queue,
	"GetQueueAttributes":      queue,
	"SetQueueAttributes":      queue,
	"ListQueueTags":           queue,
	"TagQueue":                queue,
	"UntagQueue":              queue,
}

func queue(_ context.Context, _ *upstream, r *request) ([]string, error) {
	return []string{r.arn("sqs", last(r.str("QueueUrl"), "/"))}, nil
}
