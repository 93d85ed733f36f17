package gateway

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// trailLength bounds what waits for the queue; a caller waits up to trailWait
// for a place in it.
const (
	trailLength = 1024
	trailWait   = 2 * time.Second
	maxMessage  = 200 << 10 // SQS takes 256 KiB
)

// trail brings the records to the rounds' queues, one after the other.
type trail struct {
	moto *upstream
	log  *slog.Logger
	// halt ends the worker where closing takes too long.
	halt context.CancelFunc
	done chan struct{}

	mu      sync.RWMutex // held for reading while a record is put in line
	closed  bool
	waiting chan entry
}

type entry struct {
	round string
	body  []byte
}

func newTrail(moto *upstream, log *slog.Logger) *trail {
	ctx, halt := context.WithCancel(context.Background())
	t := &trail{moto: moto, log: log, halt: halt, done: make(chan struct{}), waiting: make(chan entry, trailLength)}
	go func() {
		defer close(t.done)
		for e := range t.waiting {
			t.send(ctx, e)
		}
	}()
	return t
}

// record puts an event in line. It is lost, and the log says so, when the line
// stays full.
func (t *trail) record(round string, event map[string]any) {
	body := jsonBody(event)
	if len(body) > maxMessage {
		detail := event["detail"].(map[string]any)
		detail["requestParameters"] = map[string]any{"omitted": true}
		delete(detail, "responseElements")
		body = jsonBody(event)
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.closed {
		return
	}
	e := entry{round, body}
	select {
	case t.waiting <- e:
		return
	default:
	}
	late := time.NewTimer(trailWait)
	defer late.Stop()
	select {
	case t.waiting <- e:
	case <-late.C:
		t.log.Error("an audit event is lost: the queue does not keep up", "round", round)
	}
}

// Record puts an event that is no call on a round's queue, in the line of those
// that are.
func (g *Gateway) Record(round string, event map[string]any) { g.audit.record(round, event) }

// send delivers one record. A round without a queue is not recorded.
func (t *trail) send(ctx context.Context, e entry) {
	url := t.moto.queueURL("chaotic-" + strings.ToLower(e.round) + "-audit")
	var got struct{ MessageId string }
	err := t.moto.json(ctx, "sqs", "SendMessage", map[string]string{"QueueUrl": url, "MessageBody": string(e.body)}, &got)
	var said *apiError
	switch {
	case errors.As(err, &said) && (strings.Contains(said.code, "QueueDoesNotExist") || strings.Contains(said.code, "NonExistentQueue")):
		t.log.Debug("no audit queue", "round", e.round)
	case err != nil:
		t.log.Error("an audit event is lost", "round", e.round, "err", err)
	}
}

func (t *trail) close(ctx context.Context) error {
	t.mu.Lock()
	if !t.closed {
		t.closed = true
		close(t.waiting)
	}
	t.mu.Unlock()
	defer t.halt()
	select {
	case <-t.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("send the last audit events: %w", ctx.Err())
	}
}

// event is a call as CloudTrail gives it to EventBridge, and EventBridge to a
// queue. Times have whole seconds, as there.
func event(r *request, resp *response, code, message string, at time.Time, account string) map[string]any {
	when := at.UTC().Format("2006-01-02T15:04:05Z")
	if code != "" && r.service == "ec2" {
		code = "Client." + code // CloudTrail's spelling of EC2's errors
	}
	detail := map[string]any{
		"eventVersion": "1.11",
		"eventID":      uuid(),
		"requestID":    r.id,
		"eventTime":    when,
		"eventSource":  r.signing + ".amazonaws.com",
		"eventName":    r.action,
		"eventType":    "AwsApiCall",
		"awsRegion":    r.region,

		"sourceIPAddress":   hostOf(r.remote),
		"userAgent":         cut(r.header.Get("User-Agent"), 1024),
		"requestParameters": recorded(r),
		"userIdentity": map[string]any{
			"type": "IAMUser", "userName": r.caller.user(), "arn": r.caller.ARN,
			"accountId": account, "accessKeyId": r.caller.keyID,
		},
		"recipientAccountId": account,
		"readOnly":           r.readOnly(),
		"managementEvent":    true,
		"eventCategory":      "Management",
	}
	if answer := answered(r, resp); code == "" && answer != nil {
		detail["responseElements"] = answer
	}
	if code != "" {
		detail["errorCode"], detail["errorMessage"] = code, cut(message, 1024)
	}
	return map[string]any{
		"version": "0", "id": uuid(), "detail-type": "AWS API Call via CloudTrail",
		"source": "aws." + r.signing, "account": account, "time": when, "region": r.region,
		"resources": []string{}, "detail": detail,
	}
}

// cut shortens what a caller chose freely: a record that the queue refuses for
// its length would hide the call.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
}

func uuid() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
