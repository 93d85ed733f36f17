package infra

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"
)

//go:embed layout.json
var layoutFile []byte

// layout is layout.json: what both makers of a stack need beside documents and
// names. A port in it is one of Ports.
type layout struct {
	Network string           `json:"network"`
	Ports   map[string]int32 `json:"ports"`
	Subnets []struct {
		Role   string `json:"role"`
		CIDR   string `json:"cidr"`
		Zone   string `json:"zone"`
		Public bool   `json:"public"`
	} `json:"subnets"`
	Groups    []string `json:"groups"`
	Ingresses []struct {
		To   string `json:"to"`
		Port string `json:"port"`
		From string `json:"from"`
	} `json:"ingresses"`
	Services []struct {
		Name     string   `json:"name"`
		Desired  int32    `json:"desired"`
		Group    string   `json:"group"`
		Subnets  []string `json:"subnets"`
		Balanced bool     `json:"balanced"`
		Guest    bool     `json:"guest"`
	} `json:"services"`
	Jobs []struct {
		Name    string   `json:"name"`
		Group   string   `json:"group"`
		Subnets []string `json:"subnets"`
	} `json:"jobs"`
	Balancers struct {
		Subnets []string `json:"subnets"`
		Health  struct {
			Path      string `json:"path"`
			Interval  int32  `json:"interval"`
			Timeout   int32  `json:"timeout"`
			Healthy   int32  `json:"healthy"`
			Unhealthy int32  `json:"unhealthy"`
		} `json:"health"`
		Delay int `json:"deregistration_delay"`
	} `json:"balancers"`
	ShopPaths []string `json:"shop_paths"`
	Scaling   struct {
		AtLeast           int32 `json:"at_least"`
		AtMost            int32 `json:"at_most"`
		RequestsPerTarget int   `json:"requests_per_target"`
		ScaleOut          int32 `json:"scale_out"`
		ScaleIn           int32 `json:"scale_in"`
	} `json:"scaling"`
	Database struct {
		Version    string            `json:"version"`
		Family     string            `json:"family"`
		Class      string            `json:"class"`
		Storage    int32             `json:"storage"`
		Subnets    []string          `json:"subnets"`
		Parameters map[string]string `json:"parameters"`
	} `json:"database"`
	Hosts struct {
		Subnet    string `json:"subnet"`
		Type      string `json:"type"`
		Image     string `json:"image"`
		LogDevice string `json:"log_device"`
		LogVolume int32  `json:"log_volume"`
	} `json:"hosts"`
	Pace struct {
		PoolSize       int  `json:"pool_size"`
		PoolLifetime   span `json:"pool_lifetime"`
		ConnectTimeout span `json:"connect_timeout"`
		VisitorsRate   int  `json:"visitors_rate"`
		Suggestions    int  `json:"suggestions"`
		ReportParallel int  `json:"report_parallel"`
		ReportPause    span `json:"report_pause"`
	} `json:"pace"`
}

// span is a duration that is written as Go writes it.
type span time.Duration

func (s *span) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	*s = span(d)
	return err
}

// readLayout gives what is compiled in; nobody may change it.
var readLayout = sync.OnceValue(func() *layout {
	l, err := parseLayout(layoutFile)
	if err != nil {
		panic(err) // the file is compiled in, and a test reads it
	}
	return l
})

// parseLayout refuses what it does not know, a second document, and a rule whose
// port has no number.
func parseLayout(text []byte) (*layout, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	l := new(layout)
	if err := dec.Decode(l); err != nil {
		return nil, fmt.Errorf("read layout.json: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, fmt.Errorf("read layout.json: want exactly one document")
	}
	for _, in := range l.Ingresses {
		if l.Ports[in.Port] == 0 {
			return nil, fmt.Errorf("read layout.json: the port %q has no number", in.Port)
		}
	}
	return l, nil
}
