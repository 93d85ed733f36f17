data "aws_caller_identity" "this" {}

locals {
  layout   = jsondecode(file("${path.root}/../layout.json"))
  account  = data.aws_caller_identity.this.account_id
  rendered = var.rendered_dir == "" ? "${path.root}/../rendered" : var.rendered_dir
  site     = var.site_dir == "" ? "${path.root}/../../frontend" : var.site_dir

  # The IAM documents of the stack's own roles. The people's are the bot's: it
  # makes and removes their users while the round runs.
  documents = { for name in ["tasks", "tasks-trust", "flow", "flow-trust", "hosts-trust", "box", "monitoring"] :
    name => jsonencode(jsondecode(templatefile("${path.root}/../iam/${name}.json", {
      account = local.account
      region  = var.region
      round   = local.names.round
      prefix  = local.names.prefix
      path    = local.names.path
    })))
  }

  buckets = { for what in ["files", "logs", "site"] : what => "${local.names.prefix}-${what}-${local.account}" }
}

module "network" {
  source = "./modules/network"

  names     = local.names
  layout    = local.layout
  region    = var.region
  documents = local.documents
  access    = var.access
}

# What hosts fetch when they start: programs and configuration, no secrets.
module "files" {
  source = "./modules/bucket"
  name   = local.buckets.files
  role   = "files"
}

# What AWS itself writes: the balancer's access log and the audit trail.
module "logs" {
  source = "./modules/bucket"
  name   = local.buckets.logs
  role   = "audit"
  policy = data.aws_iam_policy_document.logs.json
}

module "database" {
  source = "./modules/database"

  names   = local.names
  layout  = local.layout
  subnets = module.network.subnets
  group   = module.network.groups["database"]
}

module "box" {
  source = "./modules/box"

  names      = local.names
  layout     = local.layout
  vpc        = module.network.vpc
  subnets    = module.network.subnets
  groups     = module.network.groups
  documents  = local.documents
  public_key = var.box_public_key
  tags       = local.tags
  files      = module.files.name
  programs   = "${local.rendered}/box"
  bastion    = var.bastion
  access     = var.access
}

module "api" {
  source = "./modules/api"

  names           = local.names
  layout          = local.layout
  region          = var.region
  vpc             = module.network.vpc
  subnets         = module.network.subnets
  groups          = module.network.groups
  documents       = local.documents
  release         = var.release
  database_host   = module.database.host
  database_secret = var.database_secret
  operator        = module.database.operator_secret
  inventory       = module.box.inventory
  logs            = module.logs.name
}

module "guard" {
  source = "./modules/guard"

  providers = {
    aws        = aws
    aws.global = aws.global
  }

  names   = local.names
  account = local.account
  email   = var.admin_email
  budget  = var.budget
  logs    = module.logs.name
}

module "site" {
  source = "./modules/site"

  names    = local.names
  bucket   = local.buckets.site
  pages    = local.site
  paths    = local.layout.shop_paths
  firewall = module.guard.firewall
  balancer = module.api.balancer_host
}

module "identity" {
  source = "./modules/identity"

  names = local.names
  people = {
    player = var.player_email
    admin  = var.admin_email
  }
}

module "monitoring" {
  source = "./modules/monitoring"

  names         = local.names
  layout        = local.layout
  region        = var.region
  subnet        = module.network.subnets[local.layout.hosts.subnet]
  group         = module.network.groups["monitoring"]
  documents     = local.documents
  tags          = local.tags
  type          = var.monitoring_type
  alerts        = var.alerts
  files         = module.files.name
  logs          = module.logs.name
  logs_arn      = module.logs.arn
  configuration = "${local.rendered}/monitoring"
  database_host = module.database.host
  operator      = module.database.operator_secret
}

# Where the stack is reached: the bot, players and tests look nowhere else.
resource "aws_ssm_parameter" "endpoints" {
  for_each = {
    (local.names.shop)          = module.site.url
    (local.names.prometheus)    = module.monitoring.prometheus
    (local.names.alertmanager)  = module.monitoring.alertmanager
    (local.names.graphs_page)   = module.monitoring.pages.graphs
    (local.names.logs_page)     = module.monitoring.pages.logs
    (local.names.runbooks_page) = module.monitoring.pages.runbooks
  }

  name           = each.key
  type           = "String"
  insecure_value = each.value

  tags = {
    role = "network"
    Name = each.key
  }
}
