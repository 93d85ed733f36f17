package infra

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/chaotic-good/scenarios/bot/round"
)

// What Terraform says of a stack is where it is, unless AWS is played on this
// machine: then its parts say it, and nobody is asked by a name of AWS's.
func TestWhereAStackIsAwaited(t *testing.T) {
	url := needMoto(t)
	shop := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(shop.Close)
	cfg := testConfig(url, nil)
	m := testMaker(t, cfg)
	m.cfg.Wait = time.Second
	prometheus := httptest.NewServer(http.HandlerFunc(seesThree))
	t.Cleanup(prometheus.Close)
	params := ssm.NewFromConfig(cfg)
	write := func(n Names, shop, monitoring string) {
		t.Helper()
		for name, value := range map[string]string{
			n.Shop: shop, n.Prometheus: monitoring, n.Alertmanager: monitoring, n.GraphsPage: monitoring, n.LogsPage: monitoring, n.RunbooksPage: monitoring,
		} {
			_, err := params.PutParameter(t.Context(), &ssm.PutParameterInput{Name: &name, Value: &value, Type: types.ParameterTypeString, Overwrite: aws.Bool(true)})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	const cdn, host = "https://d111111abcdef8.cloudfront.invalid", "https://203.0.113.9"
	for _, tt := range []struct {
		id               round.ID
		what             string
		said             round.Outputs
		shop, monitoring string // as its parts wrote it; empty: nothing
		want             string // the shop
	}{
		{"R91", "AWS's names, and the parts' own", reached(cdn, host), shop.URL, prometheus.URL, shop.URL},
		{"R92", "AWS's names alone", reached(cdn, host), "", "", ""},
		{"R93", "AWS's names twice", reached(cdn, host), cdn, host, ""},
		{"R94", "a part has not spoken yet", reached(cdn, host), shop.URL, host, ""},
		{"R95", "addresses of this machine", reached(shop.URL, prometheus.URL), "", "", shop.URL},
	} {
		t.Run(tt.what, func(t *testing.T) {
			if tt.shop != "" {
				write(NamesOf(tt.id), tt.shop, tt.monitoring)
			}
			tt.said.Region, tt.said.Queue = "us-east-1", "https://queue"
			got, err := m.Await(t.Context(), round.Spec{Round: tt.id}, tt.said, func(string) {})
			if (err == nil) != (tt.want != "") {
				t.Fatalf("%+v, %v", got, err)
			}
			if err == nil && (got.Shop != tt.want || !near(got) || got.Region != "us-east-1" || got.Queue != "https://queue") {
				t.Errorf("it is at %+v", got)
			}
		})
	}
}

// reached is a stack at two addresses.
func reached(shop, monitoring string) round.Outputs {
	return round.Outputs{Shop: shop, Prometheus: monitoring, Alertmanager: monitoring, Graphs: monitoring, Logs: monitoring, Runbooks: monitoring}
}
