package infra

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/chaotic-good/scenarios/bot/round"
)

// Trail follows the people's AWS calls from the stack's queue, where CloudTrail
// puts them through EventBridge, and their sessions beside them. It implements
// round.Trail.
type Trail struct {
	log   *slog.Logger
	sqs   *sqs.Client
	wait  time.Duration // of one long poll
	hide  time.Duration // for which SQS keeps a message back that was not taken off
	pause time.Duration // after a first error; doubles
	tries int           // errors in a row before Follow gives up
}

var _ round.Trail = (*Trail)(nil)

// NewTrail returns a Trail that reads with the rights of cfg.
func NewTrail(cfg aws.Config, log *slog.Logger) *Trail {
	return &Trail{log: log, sqs: sqs.NewFromConfig(cfg), wait: 5 * time.Second, hide: 10 * time.Second, pause: 200 * time.Millisecond, tries: 6}
}

// Follow hands every call of the round's people to sink, and takes it off the
// queue when sink has returned nil: a call may come twice and never gets lost.
// It returns when ctx ends, or when the queue or the sink failed six times in a
// row.
func (t *Trail) Follow(ctx context.Context, target round.Target, sink func(context.Context, round.Call) error) error {
	url := target.Outputs.Queue
	if url == "" {
		return errors.New("follow the audit trail: the stack has no queue")
	}
	for failed := 0; ; {
		err := t.receive(ctx, url, target.Round, sink)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
			failed = 0
			continue
		}
		if failed++; failed == t.tries {
			return fmt.Errorf("follow the audit trail: %w", err)
		}
		t.log.Warn("the audit trail stumbles", "round", target.Round, "failed", failed, "error", err)
		if err := sleep(ctx, t.pause<<failed); err != nil {
			return err
		}
	}
}

// receive takes what one long poll gives. What sink refuses stays on the queue
// and comes again; the rest of the messages is handed over all the same.
func (t *Trail) receive(ctx context.Context, url string, id round.ID, sink func(context.Context, round.Call) error) error {
	out, err := t.sqs.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &url, MaxNumberOfMessages: 10,
		WaitTimeSeconds: int32(t.wait / time.Second), VisibilityTimeout: int32(t.hide / time.Second),
	})
	if err != nil {
		return fmt.Errorf("read the queue: %w", err)
	}
	var refused error
	var done []types.DeleteMessageBatchRequestEntry
	for i, m := range out.Messages {
		call, ours, err := parseCall(aws.ToString(m.Body), id)
		switch {
		case err != nil:
			// Nobody can ever read it; the body may hold anything and is not logged.
			t.log.Warn("a message of the audit trail is dropped", "round", id, "message", aws.ToString(m.MessageId), "error", err)
		case ours:
			if err := sink(ctx, call); err != nil {
				refused = fmt.Errorf("keep the call %s: %w", call.EventID, err)
				continue
			}
		}
		done = append(done, types.DeleteMessageBatchRequestEntry{
			Id: aws.String(fmt.Sprint(i)), ReceiptHandle: m.ReceiptHandle,
		})
	}
	if len(done) > 0 {
		if _, err := t.sqs.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: &url, Entries: done}); err != nil {
			return errors.Join(refused, fmt.Errorf("take messages off the queue: %w", err))
		}
	}
	return refused
}

// envelope is the part of a CloudTrail event that we read, as EventBridge
// delivers it:
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
type envelope struct {
	Detail struct {
		EventID     string    `json:"eventID"`
		EventTime   time.Time `json:"eventTime"`
		EventSource string    `json:"eventSource"`
		EventName   string    `json:"eventName"`
		ErrorCode   string    `json:"errorCode"`
		ReadOnly    bool      `json:"readOnly"`
		Request     any       `json:"requestParameters"`
		Response    any       `json:"responseElements"` // of a call that changed something
		Identity    struct {
			UserName string `json:"userName"`
			ARN      string `json:"arn"`
		} `json:"userIdentity"`
	} `json:"detail"`
}

// parseCall reads one message. It is ours when it belongs to the timeline: a
// user of the round made the call, not the bot, and nobody of another round.
func parseCall(body string, id round.ID) (call round.Call, ours bool, err error) {
	var e envelope
	if err := json.Unmarshal([]byte(body), &e); err != nil {
		return call, false, fmt.Errorf("read the event: %w", err)
	}
	if call, ok := sessionOf(e); ok {
		return call, true, nil
	}
	d := e.Detail
	service, ok := strings.CutSuffix(d.EventSource, ".amazonaws.com")
	if !ok || d.EventID == "" || d.EventName == "" || d.EventTime.IsZero() {
		return call, false, errors.New("read the event: it is not a CloudTrail call")
	}
	if service == "monitoring" {
		service = "cloudwatch" // its name in policies, and everywhere else
	}
	user := d.Identity.UserName
	if user == "" {
		user = lastPart(d.Identity.ARN)
	}
	if of, ok := RoundOf(user); !ok || of != id {
		return call, false, nil
	}
	if d.EventName == "GetCallerIdentity" {
		// The bot itself asks so with each new key, and nobody repairs by it.
		return call, false, nil
	}
	return opened(round.Call{
		EventID: d.EventID, At: d.EventTime.UTC(), User: user,
		Service: service, Action: d.EventName, Target: targetOf(d.Request),
		With: cmp.Or(ofWhat(d.EventName, d.Response), withOf(d.EventName, d.Request)), Made: madeOf(d.EventName, d.Response),
		Error: strings.TrimPrefix(d.ErrorCode, "Client."), ReadOnly: d.ReadOnly,
	}, id, d.Request), true, nil
}
