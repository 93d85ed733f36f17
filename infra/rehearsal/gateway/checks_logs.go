package gateway

import (
	"context"
)

var logsSubjects = map[string]subjects{
	"FilterLogEvents":    logGroup("logGroupName"),
	"GetLogEvents":       logGroup("logGroupName"),
	"PutLogEvents":       logGroup("logGroupName"),
	"StartQuery":         logGroup("logGroupName"),
	"CreateLogGroup":     logGroup("logGroupName"),
	"DeleteLogGroup":     logGroup("logGroupName"),
	"CreateLogStream":    logGroup("logGroupName"),
	"DescribeLogStreams": logGroup("logGroupName"),
	"TagResource":        exactly("resourceArn"),
}

func logGroup(param string) subjects {
	return func(_ context.Context, _ *upstream, r *request) ([]string, error) {
		var out []string
		for _, name := range r.list(param) {
			out = append(out, r.arn("logs", "log-group:"+name+":*"))
		}
		return out, nil
	}
}
