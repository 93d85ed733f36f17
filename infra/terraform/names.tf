# Every name, exactly as names.go derives it from the round's number: a test
# compares each of these with the field of the same name there.
locals {
  project = "chaotic-good"
  id      = "R${var.round}"
  prefix  = "chaotic-r${var.round}"
  path    = "/${local.project}/${local.id}/"

  names = {
    round  = local.id
    prefix = local.prefix

    vpc      = local.prefix
    cluster  = local.prefix
    balancer = local.prefix

    box_balancer     = "${local.prefix}-box"
    box_target_group = "${local.prefix}-box"

    target_group  = "${local.prefix}-api"
    database      = "${local.prefix}-database"
    database_name = "shop"
    database_user = "shop"
    operator_user = "operator"

    box        = "${local.prefix}-box"
    monitoring = "${local.prefix}-monitoring"

    database_secret = "${local.prefix}/database"
    operator_secret = "${local.prefix}/database-operator"
    webhook_secret  = "${local.prefix}/webhook"
    box_key         = "${local.prefix}/box-key"

    queue      = "${local.prefix}-audit"
    trail      = "${local.prefix}-trail"
    tasks_role = "${local.prefix}-tasks"

    repository        = "${local.prefix}-shop"
    box_role          = "${local.prefix}-box"
    monitoring_role   = "${local.prefix}-monitoring"
    monitoring_secret = "${local.prefix}/monitoring"

    nodes        = "${local.prefix}-nodes"
    nodes_role   = "${local.prefix}-nodes"
    cluster_role = "${local.prefix}-cluster"

    path = local.path

    parameters    = local.path
    shop          = "${local.path}endpoints/shop"
    prometheus    = "${local.path}endpoints/prometheus"
    alertmanager  = "${local.path}endpoints/alertmanager"
    graphs_page   = "${local.path}endpoints/graphs"
    logs_page     = "${local.path}endpoints/logs"
    runbooks_page = "${local.path}endpoints/runbooks"
    box_login     = "${local.path}endpoints/box"
    replicas      = "${local.path}replicas"
    releases      = "${local.path}releases"
  }

  tags = {
    project = local.project
    round   = local.id
    expires = var.expires
  }
}
